import { RoomsError } from '@pinhole/client/rooms';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { RoomEntry } from './room-entry.ts';

beforeEach(() => {
  vi.useFakeTimers({ now: 1000 });
});
afterEach(() => {
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});

const away = new RoomsError('rooms/connect', 'nobody there');
const words = (entry: RoomEntry): readonly string[] => entry.happenings.lines.value.map((line) => line.words);

it('is tried again while the server is away, and says so once', async () => {
  const entry = new RoomEntry();
  const enter = vi.fn<() => Promise<void>>().mockRejectedValueOnce(away).mockRejectedValueOnce(away);
  await entry.open(enter);
  expect(entry.link.value).toMatchObject({ kind: 'reconnecting', nextAt: 3000, tries: 1 });

  await vi.advanceTimersByTimeAsync(2000);
  expect(entry.link.value).toMatchObject({ nextAt: 5000, tries: 2 });
  await vi.advanceTimersByTimeAsync(2000);
  entry.joined('In the room.');

  expect(enter).toHaveBeenCalledTimes(3);
  expect(entry.link.value).toEqual({ kind: 'joined' });
  expect(words(entry)).toEqual(['The server does not answer.', 'In the room.']);
});

it('ends with what a person can do, where trying again is useless', async () => {
  const entry = new RoomEntry();
  const enter = vi.fn<() => Promise<void>>().mockRejectedValue(new RoomsError('rooms/token', 'it ended'));

  await entry.open(enter);

  expect(entry.link.value).toEqual({
    kind: 'refused',
    reason: 'It ended.',
    action: 'Sign out and open a new link.',
  });
});

it('takes a final error for the end where there is no connection any more', () => {
  const entry = new RoomEntry();
  const replaced = new RoomsError('rooms/replaced', 'another came');

  entry.failed(replaced, { isConnected: true });
  expect(entry.link.value.kind).toBe('connecting');
  entry.failed(replaced, { isConnected: false });

  expect(entry.link.value.kind).toBe('refused');
});

it('tries no more, and tells nothing, once it is closed', async () => {
  const entry = new RoomEntry();
  await entry.open(() => Promise.reject(away));

  entry.close();
  entry.failed(away, { isConnected: true });

  expect(words(entry)).toEqual(['The server does not answer.']);
});
