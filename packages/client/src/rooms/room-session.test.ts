import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { member } from './fake-clients.ts';
import { FakeWeb, settled } from './fake-web.ts';

let web: FakeWeb;
beforeEach(() => {
  vi.useFakeTimers();
  web = new FakeWeb();
});
afterEach(() => vi.useRealTimers());

describe('coming back', () => {
  it('waits longer each time, then joins where it was, with proof of who it is', async () => {
    const made = await member(web);
    const waits: number[] = [];
    made.on('reconnecting', ({ delayMs }) => waits.push(delayMs));
    web.socket.drop();
    expect([made.isConnected, made.isConnecting, made.currentRoom]).toEqual([false, true, null]);

    for (const delay of [500, 1000, 2000]) {
      await vi.advanceTimersByTimeAsync(delay);
      if (delay < 2000) web.socket.drop();
      await settled();
    }
    web.socket.welcome({ clientId: 'me-again' });
    await settled();

    expect(waits).toEqual([500, 1000, 2000]);
    expect(web.socket.sent).toEqual([
      { type: 'resume', resumeToken: 'resume-ws://server#0' },
      { type: 'join', room: 'cctv' },
    ]);
    web.socket.say({ type: 'joined', room: 'cctv' });
    expect([made.clientId, made.currentRoom]).toEqual(['me-again', 'cctv']);
  });

  it.each([
    [4409, 'rooms/replaced'],
    [4401, 'rooms/token'],
    [4403, 'rooms/token'],
  ])('does not when the server ended it with %i', async (code, expected) => {
    const made = await member(web);
    const errors: string[] = [];
    made.on('error', ({ code: why }) => errors.push(why));

    web.socket.drop(code);
    await vi.advanceTimersByTimeAsync(60_000);

    expect([web.sockets.length, errors]).toEqual([1, [expected]]);
  });

  it('does not where the options say so, nor after disconnect', async () => {
    const one = await member(web, { reconnect: false });
    web.socket.drop();
    await vi.advanceTimersByTimeAsync(60_000);
    expect([web.sockets.length, one.isConnecting]).toEqual([1, false]);

    const other = await member(web);
    web.socket.drop();
    await other.disconnect();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(web.sockets).toHaveLength(2);
  });

  it('tries a room again that is full for now, and not one that is forbidden', async () => {
    const made = await member(web);
    const errors: unknown[] = [];
    made.on('error', ({ roomCode }) => errors.push(roomCode));
    web.socket.drop();
    await vi.advanceTimersByTimeAsync(500);
    web.socket.welcome();
    await settled();

    web.socket.say({ type: 'error', code: 'camera-id-taken', message: 'taken', re: 'join' });
    await vi.advanceTimersByTimeAsync(2000);
    web.socket.say({ type: 'error', code: 'forbidden', message: 'no', re: 'join' });
    await vi.advanceTimersByTimeAsync(15_000);

    expect(errors).toEqual(['camera-id-taken', 'forbidden']);
    expect(web.socket.of('join')).toHaveLength(2);
  });

  it('gives up a server that shows no sign of life', async () => {
    const made = await member(web);
    await vi.advanceTimersByTimeAsync(40_000);
    expect(web.socket.of('ping')).toHaveLength(1);

    await vi.advanceTimersByTimeAsync(20_000);

    expect(made.isConnected).toBe(false);
    await vi.advanceTimersByTimeAsync(500);
    expect(web.sockets).toHaveLength(2);
  });
});
