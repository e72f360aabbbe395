import { micros, silentLogger } from '@pinhole/core';
import {
  Camera,
  type DeliveryCounters,
  type MessagePipe,
  type Source,
  type ViewerDelivery,
  type ViewerEnd,
} from '@pinhole/engine';
import type { ControlServerMessage, LiveServerMessage } from '@pinhole/protocol/live';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { serveViewerChannel } from './viewer-channel.ts';

const idleSource: Source = {
  start: (_sink, { signal }) => new Promise((resolve) => signal.addEventListener('abort', () => resolve())),
  requestKeyFrame: () => {},
  describe: () => ({ kind: 'test', label: 'for tests', keyFrameOnRequest: false }),
  controls: () => [],
  setControl: () => Promise.resolve(),
};

const UNDECIDED: DeliveryCounters = {
  framesDroppedNonReference: 0,
  framesDroppedWaitingForKey: 0,
  deliverySteps: 0,
  streamSwitches: 0,
  subStreamRefusals: 0,
};

function openChannel() {
  const sent: (LiveServerMessage | ControlServerMessage)[] = [];
  const done: string[] = [];
  const listeners = new Set<(text: string) => void>();
  const closers: (() => void)[] = [];
  const endings: ((why: ViewerEnd) => void)[] = [];
  const steps: (() => void)[] = [];
  let delivery: ViewerDelivery | undefined;
  let counters = UNDECIDED;
  const clock = { now: micros(1e15) };
  const now = () => clock.now;
  const pipe: MessagePipe = {
    send: (text) => sent.push(JSON.parse(text) as LiveServerMessage | ControlServerMessage) > 0,
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    closed: (listener) => closers.push(listener),
    close: () => {
      done.push('closed');
      for (const closer of closers) closer();
    },
  };
  const camera = new Camera({
    id: 'door',
    source: idleSource,
    now,
    openAbort: () => new AbortController(),
    log: silentLogger,
  });
  serveViewerChannel(pipe, {
    camera,
    now,
    log: silentLogger,
    viewer: {
      stream: camera.stream,
      rtpAnchor: () => ({ rtpTimestamp: 90_000, captureTime: micros(7) }),
      pause: () => done.push('pause'),
      resume: () => done.push('resume'),
      requestKeyFrame: () => done.push('key-frame'),
      leave: () => done.push('leave'),
      ending: (listener) => endings.push(listener),
      delivery: () => delivery,
      deliveryCounters: () => counters,
      deliveryChanged: (listener) => steps.push(listener),
    },
  });
  const say = (message: unknown): void => {
    const text = typeof message === 'string' ? message : JSON.stringify(message);
    for (const listener of listeners) listener(text);
  };
  const pass = (ms: number): void => {
    clock.now = micros(clock.now + ms * 1000);
    vi.advanceTimersByTime(ms);
  };
  const end = (why: ViewerEnd): void => {
    for (const ending of endings) ending(why);
  };
  const deliver = (next: ViewerDelivery): void => {
    delivery = next;
    for (const step of steps) step();
  };
  const decide = (more: Partial<DeliveryCounters>): void => {
    counters = { ...counters, ...more };
  };
  return { deliver, decide, sent, done, pipe, say, pass, end, listeners };
}

describe("a WebRTC viewer's channel", () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('says why when the server ends the connection', () => {
    const { sent, end } = openChannel();

    end('expired');

    expect(sent.at(-1)).toEqual({ type: 'bye', code: 'expired', reason: expect.stringContaining('expired') });
  });

  it('says hello, how the camera is, and where the clocks meet', () => {
    const { sent } = openChannel();

    expect(sent).toEqual([
      { type: 'hello', camera: 'door', serverTimeUs: 1e15 },
      { type: 'status', source: { kind: 'idle' } },
      { type: 'anchor', rtpTimestamp: 90_000, captureUs: 7 },
    ]);
  });

  it('says so again every second, until it closes', () => {
    const { sent, pass, pipe, listeners } = openChannel();
    sent.length = 0;

    pass(2500);
    expect(sent.map(({ type }) => type)).toEqual(['status', 'anchor', 'status', 'anchor']);
    pipe.close();
    pass(2500);

    expect(sent).toHaveLength(4);
    expect(listeners.size).toBe(0);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('says what of the picture is sent, and why, whenever that changes', () => {
    const { sent, deliver } = openChannel();
    sent.length = 0;

    deliver({ stream: 'sub', pictures: 'all', why: 'queue', bitsPerSecond: 1_400_000 });
    deliver({ stream: 'main', pictures: 'all' });

    expect(sent).toEqual([
      { type: 'delivery', stream: 'sub', pictures: 'all', why: 'queue', bitsPerSecond: 1_400_000 },
      { type: 'delivery', stream: 'main', pictures: 'all' },
    ]);
  });

  it('says how often that changed and what was left out, every second while that grows', () => {
    const { sent, deliver, decide, pass } = openChannel();
    const told = (): unknown[] => sent.splice(0).filter(({ type }) => type === 'delivery');

    decide({ deliverySteps: 1, framesDroppedWaitingForKey: 4 });
    deliver({ stream: 'main', pictures: 'keys', why: 'queue' });
    expect(told()).toMatchObject([{ counts: { changes: 1, leftOut: 4, subRefusals: 0 } }]);

    decide({ framesDroppedWaitingForKey: 40, framesDroppedNonReference: 1, streamSwitches: 2 });
    pass(1000);
    expect(told()).toMatchObject([{ pictures: 'keys', counts: { changes: 3, leftOut: 41, subRefusals: 0 } }]);

    pass(3000);
    expect(told()).toEqual([]);
    decide({ subStreamRefusals: 1 });
    pass(1000);
    expect(told()).toMatchObject([{ counts: { changes: 3, leftOut: 41, subRefusals: 1 } }]);
  });

  it('answers ping with the time', () => {
    const { sent, say } = openChannel();

    say({ type: 'ping', clientTimeMs: 12.5 });

    expect(sent.at(-1)).toEqual({ type: 'pong', clientTimeMs: 12.5, serverTimeUs: 1e15 });
  });

  it('does what the viewer asks, the costly things once a second at most', () => {
    const { done, say, pass } = openChannel();

    for (const type of ['pause', 'resume', 'pause', 'resume', 'resume', 'key-frame', 'key-frame', 'bye'])
      say({ type });
    expect(done).toEqual(['pause', 'resume', 'pause', 'key-frame', 'leave']);

    pass(1000);
    expect(done.slice(5)).toEqual(['resume']);
  });

  it('speaks of controls with those whose rights allow it', async () => {
    const { sent, say } = openChannel();

    say({ type: 'watch-controls' });
    say({ type: 'set-control', requestId: 1, id: 'brightness', value: 1 });
    await Promise.resolve();

    expect(sent.slice(3)).toEqual([
      { type: 'controls', mayControl: false, controls: [] },
      {
        type: 'control-result',
        requestId: 1,
        error: expect.objectContaining({ code: 'auth/forbidden' }) as object,
      },
    ]);
  });

  it('forgets a resume that a pause followed', () => {
    const { done, say, pass } = openChannel();

    for (const type of ['resume', 'resume', 'pause']) say({ type });
    pass(3000);

    expect(done).toEqual(['resume', 'pause']);
  });

  it('answers what it does not understand, and closes on a viewer that keeps on', () => {
    const { sent, done, say } = openChannel();

    for (let i = 0; i < 100; i++) say({ type: 'from-the-future' });
    expect(sent.at(-1)).toMatchObject({ type: 'error', code: 'live/unknown-message' });
    expect(done).toEqual([]);

    for (let i = 0; i < 20; i++) say('{');
    expect(done).toEqual(['closed']);
  });
});
