import type { Listener } from '@pinhole/core';
import type { ControlServerMessage } from '@pinhole/protocol/live';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { LivePlayerEvents } from '../live-player-options.ts';
import type { Control, ControlMessage } from './control-types.ts';
import { LiveControls } from './live-controls.ts';

const BRIGHTNESS: Control = {
  id: 'brightness',
  label: 'Brightness',
  applies: 'live',
  kind: 'range',
  min: -50,
  max: 50,
  step: 1,
  default: 0,
  value: 0,
};

/** A player whose server is the test. */
function fakePlayer() {
  const said: ControlMessage[] = [];
  const listeners = new Map<keyof LivePlayerEvents, Listener<never>>();
  const hear = (message: ControlServerMessage | string): void =>
    (listeners.get('message') as Listener<string> | undefined)?.(
      typeof message === 'string' ? message : JSON.stringify(message),
    );
  const player = {
    say: (message: ControlMessage) => void said.push(message),
    on: <Name extends keyof LivePlayerEvents>(name: Name, listener: Listener<LivePlayerEvents[Name]>) => {
      listeners.set(name, listener as Listener<never>);
      return () => listeners.delete(name);
    },
  };
  const switchTransport = (): void =>
    (listeners.get('transport') as Listener<LivePlayerEvents['transport']> | undefined)?.({
      transport: 'websocket',
      player: 'mse',
    });
  const answerLast = (
    answer: Omit<Extract<ControlServerMessage, { type: 'control-result' }>, 'type' | 'requestId'>,
  ) => {
    const last = said.findLast((message) => 'requestId' in message);
    if (last && 'requestId' in last) hear({ type: 'control-result', requestId: last.requestId, ...answer });
  };
  return { player, said, hear, switchTransport, answerLast, listeners };
}

const open = () => {
  const fake = fakePlayer();
  const controls = new LiveControls(fake.player);
  fake.hear({ type: 'controls', mayControl: true, controls: [BRIGHTNESS] });
  fake.said.length = 0;
  return { ...fake, controls };
};

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe('a camera’s controls', () => {
  it('are asked for until they come, and no longer', async () => {
    const { player, said, hear } = fakePlayer();
    const controls = new LiveControls(player);
    await vi.advanceTimersByTimeAsync(2_500);
    expect(said).toEqual([
      { type: 'watch-controls' },
      { type: 'watch-controls' },
      { type: 'watch-controls' },
    ]);

    hear({ type: 'controls', mayControl: false, controls: [BRIGHTNESS] });
    await vi.advanceTimersByTimeAsync(60_000);

    expect(said).toHaveLength(3);
    expect(controls.state).toEqual({ mayControl: false, controls: [BRIGHTNESS] });
  });

  it('are given up when no server answers', async () => {
    const { player, said } = fakePlayer();
    const controls = new LiveControls(player);

    await vi.advanceTimersByTimeAsync(120_000);

    expect(said).toHaveLength(10);
    expect(controls.state).toBeUndefined();
    expect(vi.getTimerCount()).toBe(0);
  });

  it('follow what others change, and tell who it was', () => {
    const { controls, hear } = open();
    const heard: unknown[] = [];
    controls.on('control', (change) => heard.push(change));

    hear({ type: 'control', id: 'brightness', value: 7, by: 'ann' });
    hear({ type: 'control', id: 'brightness', value: 'no number', by: 'bug' });

    expect(controls.state?.controls).toEqual([{ ...BRIGHTNESS, value: 7 }]);
    expect(heard).toHaveLength(2);
  });

  it('tell of risky changes with the moment of their end', () => {
    const { controls, hear } = open();
    const unkept = { controls: [{ id: 'size', previous: '640x360' }], by: 'ann', revertInMs: 10_000 };

    hear({ type: 'controls-unkept', unkept });
    expect(controls.state?.unkept?.revertAt).toBeCloseTo(
      performance.timeOrigin + performance.now() + 10_000,
      -2,
    );
    hear({ type: 'controls-unkept' });

    expect(controls.state?.unkept).toBeUndefined();
  });

  it('are asked for anew on another connection', () => {
    const { said, switchTransport } = open();

    switchTransport();

    expect(said).toEqual([{ type: 'watch-controls' }]);
  });

  it('pass over what cannot be read', () => {
    const { controls, hear } = open();

    for (const text of ['{', '{"type":"from-the-future"}', '{"type":"controls"}']) hear(text);

    expect(controls.malformed).toBe(3);
    expect(controls.state?.controls).toEqual([BRIGHTNESS]);
  });
});

describe('a change', () => {
  it('is answered with the value that holds', async () => {
    const { controls, said, answerLast } = open();

    const done = controls.set('brightness', 5);
    await vi.advanceTimersByTimeAsync(0);
    answerLast({ value: 4 });
    await vi.advanceTimersByTimeAsync(100);

    expect(said).toEqual([{ type: 'set-control', requestId: 1, id: 'brightness', value: 5 }]);
    await expect(done).resolves.toBe(4);
  });

  it('that the server refuses fails with its words', async () => {
    const { controls, answerLast } = open();

    const done = controls.set('brightness', 5).catch((error: unknown) => error);
    await vi.advanceTimersByTimeAsync(0);
    answerLast({ error: { code: 'auth/forbidden', message: 'this token lacks the right' } });

    await expect(done).resolves.toMatchObject({
      code: 'auth/forbidden',
      message: 'this token lacks the right',
    });
    const again = controls.set('brightness', 6);
    await vi.advanceTimersByTimeAsync(0);
    answerLast({ value: 6 });
    await vi.advanceTimersByTimeAsync(100);
    await expect(again).resolves.toBe(6);
  });

  it('by a slider is sent at first and at last, and not faster than the server likes', async () => {
    const { controls, said, answerLast } = open();

    const all = [];
    for (let value = 1; value <= 50; value++) {
      all.push(controls.set('brightness', value));
      await vi.advanceTimersByTimeAsync(10);
      answerLast({ value });
    }
    await vi.advanceTimersByTimeAsync(200);
    answerLast({ value: 50 });
    await vi.advanceTimersByTimeAsync(200);

    const values = said.map((message) => 'value' in message && message.value);
    expect(values[0]).toBe(1);
    expect(values.at(-1)).toBe(50);
    expect(values.length).toBeLessThanOrEqual(8);
    expect(new Set(await Promise.all(all))).toEqual(new Set([50]));
  });

  it('is sent again on another connection, as its answer may be lost', async () => {
    const { controls, said, switchTransport, answerLast } = open();
    const done = controls.keep();

    switchTransport();
    answerLast({});

    await expect(done).resolves.toBeUndefined();
    expect(said.filter(({ type }) => type === 'keep-controls')).toHaveLength(2);
  });

  it('fails when no answer comes, or the controls are closed', async () => {
    const { controls, listeners } = open();
    const late = controls.reset().catch((error: unknown) => error);
    await vi.advanceTimersByTimeAsync(20_000);
    expect(await late).toMatchObject({ code: 'client/no-answer' });

    const cut = controls.revert().catch((error: unknown) => error);
    controls.close();

    expect(await cut).toMatchObject({ code: 'client/closed' });
    expect(listeners.size).toBe(0);
    expect(vi.getTimerCount()).toBe(0);
  });
});
