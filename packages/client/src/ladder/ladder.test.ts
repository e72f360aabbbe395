import { millis } from '@pinhole/core';
import { describe, expect, it } from 'vitest';
import type { Failure } from '../transports/failure.ts';
import { Ladder, type LadderEffect, type LadderInput } from './ladder.ts';
import type { TransportName } from './transport-name.ts';

const BROKEN: Failure = { code: 'webrtc/failed', reason: 'It broke.', remedy: 'retry' };
const NO_H264: Failure = { code: 'webrtc/no-h264', reason: 'No H.264.', remedy: 'other-transport' };
const FORBIDDEN: Failure = { code: 'auth/forbidden', reason: 'Not this camera.', remedy: 'refused' };

/** A ladder without jitter, and its effects in short: `open 1 webrtc`, `show 1`, `close 1`, `refused`. */
class Rig {
  readonly ladder: Ladder;

  constructor(order: readonly TransportName[] = ['webrtc', 'websocket']) {
    this.ladder = new Ladder(order, { random: () => 1 });
  }

  at(timeMs: number, input: LadderInput): string[] {
    return this.ladder.handle(input, millis(timeMs)).map(short);
  }

  /** What ticks bring, with their times, from one time to another. */
  ticks(fromMs: number, toMs: number): string[] {
    const effects: string[] = [];
    for (let at = fromMs; at <= toMs; at += 50) {
      effects.push(...this.at(at, { kind: 'tick' }).map((effect) => `${at}: ${effect}`));
    }
    return effects;
  }
}

const short = (effect: LadderEffect): string => {
  if (effect.kind === 'open') return `open ${effect.path} ${effect.transport}`;
  return effect.kind === 'refused' ? 'refused' : `${effect.kind} ${effect.path}`;
};

const painted = (path: number): LadderInput => ({ kind: 'painted', path });
const failed = (path: number, failure = BROKEN): LadderInput => ({ kind: 'failed', path, failure });

describe('Ladder, at the start', () => {
  it('opens all transports side by side', () => {
    expect(new Rig().at(0, { kind: 'start' })).toEqual(['open 1 webrtc', 'open 2 websocket']);
  });

  it('shows WebSocket first when that paints first, and swaps to WebRTC when that paints', () => {
    const rig = new Rig();
    rig.at(0, { kind: 'start' });

    expect(rig.at(50, painted(2))).toEqual(['show 2']);
    expect(rig.at(100, painted(1))).toEqual(['show 1', 'close 2']);
  });

  it('closes WebSocket when WebRTC paints first', () => {
    const rig = new Rig();
    rig.at(0, { kind: 'start' });

    expect(rig.at(80, painted(1))).toEqual(['show 1', 'close 2']);
    expect(rig.ticks(100, 60_000)).toEqual([]);
  });

  it('gives up a path without a picture after ten seconds, and keeps the one that has one', () => {
    const rig = new Rig();
    rig.at(0, { kind: 'start' });
    rig.at(50, painted(2));

    expect(rig.ticks(100, 14_000)).toEqual(['10000: close 1']);
  });

  it('waits with a path as long as the camera has no picture', () => {
    const rig = new Rig(['websocket']);
    rig.at(0, { kind: 'start' });
    for (let at = 1_000; at <= 30_000; at += 1_000) rig.at(at, { kind: 'camera-waits', path: 1 });

    expect(rig.ticks(30_000, 39_000)).toEqual([]);
    expect(rig.ticks(39_050, 40_000)).toEqual(['40000: close 1']);
  });
});

describe('Ladder, when the shown path fails', () => {
  it('opens WebSocket at once when WebRTC breaks, and WebRTC again soon after', () => {
    const rig = new Rig();
    rig.at(0, { kind: 'start' });
    rig.at(80, painted(1));

    expect(rig.at(20_000, failed(1))).toEqual(['close 1', 'open 3 websocket']);
    expect(rig.ticks(20_000, 20_300)).toEqual(['20250: open 4 webrtc']);
  });

  it('makes before it breaks: a stalled path stays until another one paints', () => {
    const rig = new Rig();
    rig.at(0, { kind: 'start' });
    rig.at(80, painted(1));

    expect(rig.at(5_000, { kind: 'stalled', path: 1 })).toEqual(['open 3 webrtc', 'open 4 websocket']);
    expect(rig.at(5_100, painted(3))).toEqual(['show 3', 'close 1', 'close 4']);
  });

  it('goes on with a stalled path that comes back', () => {
    const rig = new Rig();
    rig.at(0, { kind: 'start' });
    rig.at(80, painted(1));
    rig.at(5_000, { kind: 'stalled', path: 1 });

    expect(rig.at(5_050, painted(1))).toEqual(['close 3', 'close 4']);
  });

  it('does not take back a path that is to be replaced', () => {
    const rig = new Rig(['websocket']);
    rig.at(0, { kind: 'start' });
    rig.at(80, painted(1));

    expect(rig.at(5_000, { kind: 'replace', path: 1 })).toEqual(['open 2 websocket']);
    expect(rig.at(5_010, painted(1))).toEqual([]);
    expect(rig.at(5_100, painted(2))).toEqual(['show 2', 'close 1']);
  });

  it('waits longer and longer, up to five seconds, while nothing works', () => {
    const rig = new Rig(['webrtc']);
    rig.at(0, { kind: 'start' });
    const waits: number[] = [];
    let now = 0;
    for (let path = 1; path <= 8; path++) {
      rig.at(now, failed(path));
      waits.push(rig.ladder.waiting(millis(now))?.nextInMs ?? -1);
      now += 5_000;
      rig.at(now, { kind: 'tick' });
    }

    expect(waits).toEqual([250, 500, 1_000, 2_000, 4_000, 5_000, 5_000, 5_000]);
    expect(rig.ladder.waiting(millis(now))).toBeUndefined();
  });

  it('starts with the first wait again after a path was good for five seconds', () => {
    const rig = new Rig(['webrtc']);
    rig.at(0, { kind: 'start' });
    rig.at(0, failed(1));
    rig.at(250, { kind: 'tick' });
    rig.at(300, painted(2));
    rig.at(6_000, failed(2));

    expect(rig.ladder.waiting(millis(6_000))).toMatchObject({ tries: 1, nextInMs: 250 });
  });

  it('says that a path without a picture failed, unlike one that is no longer needed', () => {
    const rig = new Rig();
    rig.at(0, { kind: 'start' });
    rig.at(50, painted(2));

    const expired = rig.ladder.handle({ kind: 'tick' }, millis(10_000));
    rig.ladder.handle({ kind: 'tick' }, millis(15_000));
    const replaced = rig.ladder.handle(painted(3), millis(15_100));

    expect(expired).toEqual([{ kind: 'close', path: 1, why: 'webrtc/no-picture', failed: true }]);
    expect(replaced.filter(({ kind }) => kind === 'close')).toMatchObject([{ path: 2, failed: false }]);
  });

  it('comes no sooner than the server asks', () => {
    const rig = new Rig(['webrtc']);
    rig.at(0, { kind: 'start' });
    rig.at(0, failed(1, { ...BROKEN, code: 'whep/not-live', retryAfterMs: millis(3_000) }));

    expect(rig.ticks(50, 3_100)).toEqual(['3000: open 2 webrtc']);
  });
});

describe('Ladder, climbing back up', () => {
  it('tries WebRTC again beside WebSocket, with more and more patience', () => {
    const rig = new Rig();
    rig.at(0, { kind: 'start' });
    rig.at(50, painted(2));
    rig.at(100, failed(1));

    expect(rig.ticks(100, 6_000)).toEqual(['5100: open 3 webrtc']);
    rig.at(6_000, failed(3));
    expect(rig.ticks(6_050, 17_000)).toEqual(['16000: open 4 webrtc']);
    expect(rig.at(17_000, painted(4))).toEqual(['show 4', 'close 2']);
  });

  it('tries at once when the network comes back', () => {
    const rig = new Rig();
    rig.at(0, { kind: 'start' });
    rig.at(50, painted(2));
    rig.at(100, failed(1));

    expect(rig.at(500, { kind: 'wake' })).toEqual(['open 3 webrtc']);
  });

  it('gives up the patience when the lower rung breaks as well', () => {
    const rig = new Rig();
    rig.at(0, { kind: 'start' });
    rig.at(50, painted(2));
    rig.at(100, failed(1));

    expect(rig.at(1_000, failed(2))).toEqual(['close 2', 'open 3 webrtc']);
  });
});

describe('Ladder, told not to try', () => {
  it('goes to WebSocket at once without H.264 in WebRTC, and never climbs', () => {
    const rig = new Rig();
    rig.at(0, { kind: 'start' });

    expect(rig.at(10, failed(1, NO_H264))).toEqual(['close 1']);
    expect(rig.at(50, painted(2))).toEqual(['show 2']);
    expect(rig.ticks(100, 120_000)).toEqual([]);
    expect(rig.at(120_000, { kind: 'wake' })).toEqual([]);
  });

  it('tries WebRTC again when the stream is another one', () => {
    const rig = new Rig();
    rig.at(0, { kind: 'start' });
    rig.at(10, failed(1, { ...NO_H264, code: 'webrtc/b-frames' }));
    rig.at(50, painted(2));

    expect(rig.at(9_000, { kind: 'stream-changed' })).toEqual(['open 3 webrtc']);
  });

  it('closes everything on a refusal and does not come back by itself', () => {
    const rig = new Rig();
    rig.at(0, { kind: 'start' });

    expect(rig.at(10, failed(1, FORBIDDEN))).toEqual(['close 1', 'close 2', 'refused']);
    expect(rig.ticks(50, 120_000)).toEqual([]);
    expect(rig.at(120_000, { kind: 'wake' })).toEqual([]);
    expect(rig.at(130_000, { kind: 'start' })).toEqual(['open 3 webrtc', 'open 4 websocket']);
  });

  it('refuses when no transport is left', () => {
    const rig = new Rig(['webrtc']);
    rig.at(0, { kind: 'start' });

    expect(rig.at(10, failed(1, NO_H264))).toEqual(['close 1', 'refused']);
  });

  it('opens nothing while nobody looks, and all that is needed afterwards', () => {
    const rig = new Rig();
    rig.at(0, { kind: 'start' });
    rig.at(80, painted(1));
    rig.at(1_000, { kind: 'hold' });

    expect(rig.at(2_000, failed(1))).toEqual(['close 1']);
    expect(rig.ticks(2_050, 60_000)).toEqual([]);
    expect(rig.at(60_000, { kind: 'wake' })).toEqual(['open 3 webrtc', 'open 4 websocket']);
  });
});

it('leaves out what happened to a path that it closed', () => {
  const rig = new Rig();
  rig.at(0, { kind: 'start' });
  rig.at(80, painted(1));

  expect(rig.at(100, painted(2))).toEqual([]);
  expect(rig.at(100, failed(2))).toEqual([]);
});

describe('Ladder, asked what it would rather show', () => {
  it('tells why, and when the next try comes, until that way shows the picture', () => {
    const rig = new Rig();
    rig.at(0, { kind: 'start' });
    rig.at(50, painted(2));
    expect(rig.ladder.unavailable(millis(60))).toEqual([]);

    rig.at(1_000, failed(1));
    expect(rig.ladder.unavailable(millis(2_000))).toEqual([
      { transport: 'webrtc', code: 'webrtc/failed', reason: 'It broke.', nextInMs: 4_000 },
    ]);

    expect(rig.ticks(5_950, 6_000)).toEqual(['6000: open 3 webrtc']);
    rig.at(6_100, painted(3));
    expect(rig.ladder.unavailable(millis(6_100))).toEqual([]);
  });

  it('names no next try where there is none, and nothing that is less wanted than what is shown', () => {
    const rig = new Rig();
    rig.at(0, { kind: 'start' });
    rig.at(10, failed(1, NO_H264));
    rig.at(50, painted(2));

    expect(rig.ladder.unavailable(millis(60))).toEqual([
      { transport: 'webrtc', code: 'webrtc/no-h264', reason: 'No H.264.' },
    ]);

    const other = new Rig();
    other.at(0, { kind: 'start' });
    other.at(10, failed(2));
    other.at(50, painted(1));
    expect(other.ladder.unavailable(millis(60))).toEqual([]);
  });
});
