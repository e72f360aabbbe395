import { micros } from '@pinhole/core';
import type { LiveFrame } from '@pinhole/protocol/live';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { PlayerEvent } from '../player.ts';
import { FakeVideoDecoder } from './fake-video-decoder.ts';
import { WebCodecsPlayer } from './webcodecs-player.ts';

const CONFIG = { codec: 'avc1.42c01f', width: 640, height: 360, bFrames: false };

const unit = (sequence: number, more: Partial<LiveFrame> = {}): LiveFrame => ({
  type: 'video',
  key: false,
  discontinuity: false,
  configChanged: false,
  droppable: false,
  catchUp: false,
  track: 0,
  sequence,
  pts: micros(sequence * 33_333),
  captureTime: micros(1_000_000 + sequence * 33_333),
  payload: Uint8Array.of(0, 0, 0, 1, 0x65),
  ...more,
});

let animations: ((time: number) => void)[];
let drawn: number[];
let nowMs: number;
let events: PlayerEvent[];
let player: WebCodecsPlayer;

/** The next animation frame. */
const animate = (): void => {
  nowMs += 16;
  for (const callback of animations.splice(0)) callback(nowMs);
};
const decoder = (): FakeVideoDecoder => FakeVideoDecoder.made.at(-1) ?? expect.fail('no decoder was made');
const kinds = (): string[] =>
  events.map((event) => (event.kind === 'failed' ? event.failure.code : event.kind));

beforeEach(() => {
  animations = [];
  drawn = [];
  nowMs = 0;
  events = [];
  FakeVideoDecoder.made.length = 0;
  const canvas = {
    width: 0,
    height: 0,
    getContext: () => ({ drawImage: (frame: { timestamp: number }) => drawn.push(frame.timestamp) }),
  };
  vi.stubGlobal('document', { createElement: () => canvas });
  vi.stubGlobal('requestAnimationFrame', (callback: (time: number) => void) => animations.push(callback));
  vi.stubGlobal('cancelAnimationFrame', () => animations.splice(0));
  vi.stubGlobal('performance', { timeOrigin: 0, now: () => nowMs });
  vi.stubGlobal('VideoDecoder', FakeVideoDecoder);
  vi.stubGlobal(
    'EncodedVideoChunk',
    class {
      constructor(init: object) {
        Object.assign(this, init);
      }
    },
  );
  player = new WebCodecsPlayer({ handle: (event) => events.push(event) });
  player.configure(CONFIG);
});

afterEach(() => {
  vi.unstubAllGlobals();
});

describe('WebCodecsPlayer', () => {
  it('configures at the first key unit, for low latency, and leaves out what comes before', () => {
    player.write(unit(1));
    expect(FakeVideoDecoder.made).toHaveLength(0);

    player.write(unit(2, { key: true }));

    expect(decoder().configs).toMatchObject([{ codec: 'avc1.42c01f', optimizeForLatency: true }]);
    expect(decoder().chunks).toMatchObject([{ type: 'key', timestamp: 66_666 }]);
    expect(player.dropped).toBe(1);
  });

  it('draws the newest picture and closes the others', () => {
    for (let i = 1; i <= 3; i++) player.write(unit(i, { key: i === 1 }));
    const frames = [1, 2, 3].map((i) => decoder().output(i * 33_333));

    animate();
    animate();

    expect(drawn).toEqual([3 * 33_333]);
    expect(frames.every(({ closed }) => closed)).toBe(true);
    expect(player.dropped).toBe(2);
  });

  it('tells a frame as painted in the animation frame after it was drawn, with its capture time', () => {
    player.write(unit(1, { key: true }));
    decoder().output(33_333);

    animate();
    expect(events).toEqual([]);
    animate();

    expect(events).toEqual([
      { kind: 'painted', frame: { width: 640, height: 360, captureTime: 1_033_333, paintedAt: 32 } },
    ]);
  });

  it('does not show cached pictures while newer ones are on their way, but the last of them when nothing is', () => {
    for (let i = 1; i <= 3; i++) player.write(unit(i, { key: i === 1, catchUp: true }));
    decoder().output(33_333);
    animate();
    expect(drawn).toEqual([]);

    decoder().output(66_666);
    decoder().output(99_999);
    animate();

    expect(drawn).toEqual([99_999]);
    expect(player.dropped).toBe(0);
  });

  it('decodes nothing after a gap until a key unit comes', () => {
    player.write(unit(1, { key: true }));
    player.skip();
    player.write(unit(3));
    player.write(unit(4, { key: true }));

    expect(decoder().chunks).toMatchObject([{ timestamp: 33_333 }, { timestamp: 133_332 }]);
  });

  it('makes another decoder at the key unit after a change of codec', () => {
    player.write(unit(1, { key: true }));
    player.configure({ ...CONFIG, codec: 'avc1.640028' });
    player.write(unit(2));
    player.write(unit(3, { key: true, configChanged: true }));

    expect(FakeVideoDecoder.made.map(({ state }) => state)).toEqual(['closed', 'configured']);
    expect(decoder().configs).toMatchObject([{ codec: 'avc1.640028' }]);
  });

  it('replaces a decoder that failed and asks for a key unit', () => {
    player.write(unit(1, { key: true }));
    decoder().fail('EncodingError');

    expect(kinds()).toEqual(['key-frame-wanted']);
    player.write(unit(2));
    player.write(unit(3, { key: true }));
    expect(decoder().chunks).toMatchObject([{ timestamp: 99_999 }]);
  });

  it('gives up when decoders fail again and again', () => {
    for (let i = 1; i <= 4; i++) {
      player.write(unit(i, { key: true }));
      decoder().fail('EncodingError');
    }

    expect(kinds().at(-1)).toBe('webcodecs/decoder');
  });

  it('gives up at once on a codec that the browser lacks', () => {
    player.write(unit(1, { key: true }));
    decoder().fail('NotSupportedError');

    expect(kinds()).toEqual(['webcodecs/unsupported']);
  });

  it('turns to a software decoder when pictures are held back, and gives up when that holds them, too', () => {
    const playForTwoSeconds = (): void => {
      for (let i = 0; i < 60; i++) {
        nowMs += 33;
        player.write(unit(nowMs, { key: i % 30 === 0 }));
      }
    };

    playForTwoSeconds();
    expect(kinds()).toEqual(['key-frame-wanted']);
    playForTwoSeconds();

    expect(FakeVideoDecoder.made.at(1)?.configs).toMatchObject([{ hardwareAcceleration: 'prefer-software' }]);
    expect(kinds().at(-1)).toBe('webcodecs/lag');
  });

  it('leaves out units up to the next key unit when the decoder is too slow', () => {
    player.write(unit(1, { key: true }));
    decoder().decodeQueueSize = 12;
    for (let i = 2; i < 40; i++) {
      nowMs += 33;
      player.write(unit(i));
    }

    expect(kinds()).toEqual(['key-frame-wanted']);
    expect(FakeVideoDecoder.made).toHaveLength(1);
    expect(player.dropped).toBeGreaterThan(0);
  });

  it('decodes all of a long GOP that the server had in store, however long that takes', () => {
    for (let i = 1; i <= 300; i++) player.write(unit(i, { key: i === 1, catchUp: true }));
    decoder().decodeQueueSize = 200;
    for (let i = 301; i <= 360; i++) {
      nowMs += 33;
      player.write(unit(i));
    }

    expect(kinds()).toEqual([]);
    expect(decoder().chunks).toHaveLength(360);
    for (let i = 1; i <= 300; i++) decoder().output(i * 33_333);
    for (let i = 361; i <= 400; i++) {
      nowMs += 33;
      player.write(unit(i));
    }
    expect(kinds()).toEqual(['key-frame-wanted']);
  });

  it('leaves out live units up to the next key unit when too many wait behind a GOP from the store', () => {
    for (let i = 1; i <= 300; i++) player.write(unit(i, { key: i === 1, catchUp: true }));
    decoder().decodeQueueSize = 200;
    for (let i = 301; i <= 450; i++) player.write(unit(i));

    expect(kinds()).toEqual(['key-frame-wanted']);
  });

  it('closes what is open when it is closed', () => {
    player.write(unit(1, { key: true }));
    const frame = decoder().output(33_333);

    player.close();
    player.close();

    expect(frame.closed).toBe(true);
    expect(decoder().state).toBe('closed');
    expect(animations).toEqual([]);
  });
});
