import { micros, silentLogger } from '@pinhole/core';
import { Camera, type StreamUnit } from '@pinhole/engine';
import { describe, expect, it } from 'vitest';
import { RewindBuffer, type RewindLimits } from './rewind-buffer.ts';

const SECOND = 1_000_000;
const UNIT_BYTES = 1000;
/** What a unit is counted as. */
const COUNTED = UNIT_BYTES + 512;

const idle = new Camera({
  id: 'front',
  now: () => micros(0),
  openAbort: () => new AbortController(),
  log: silentLogger,
  source: {
    start: () => Promise.resolve(),
    requestKeyFrame: () => {},
    describe: () => ({ kind: 'none', label: 'none', keyFrameOnRequest: false }),
    controls: () => [],
    setControl: () => Promise.resolve(),
  },
});

const unit = (at: number, { key, bytes = UNIT_BYTES }: { key: boolean; bytes?: number }): StreamUnit => ({
  data: new Uint8Array(bytes),
  nalUnits: [],
  droppable: false,
  key,
  captureTime: micros(at * SECOND),
  pts: micros(at * SECOND),
  dts: micros(at * SECOND),
  sequence: at,
  parameters: {
    sps: new Uint8Array(),
    pps: [],
    codec: '',
    profileLevelId: '',
    width: 2,
    height: 2,
    bFrames: false,
  },
});

/** A picture a second, a key unit every five. */
function filled(seconds: number, limits: RewindLimits): RewindBuffer {
  const buffer = new RewindBuffer({ camera: idle, now: () => micros(0), ...limits });
  for (let at = 0; at < seconds; at++) buffer.write(unit(at, { key: at % 5 === 0 }));
  return buffer;
}

const sequencesOf = (buffer: RewindBuffer, from: number, to: number): number[] =>
  buffer
    .gops({ from: micros(from * SECOND), to: micros(to * SECOND) })
    .flatMap(({ units }) => units.map(({ sequence }) => sequence));

describe('RewindBuffer', () => {
  it('keeps whole groups, and at least the time that was asked for', () => {
    const buffer = filled(100, { duration: micros(20 * SECOND) });

    expect(buffer.extent).toMatchObject({ from: 75 * SECOND, to: 99 * SECOND, units: 25 });
    expect(buffer.counters).toEqual({ gopsExpired: 15, gopsOverflowed: 0, unitsDropped: 0 });
  });

  it('keeps less time when its memory is full, and says so', () => {
    const buffer = filled(100, { duration: micros(60 * SECOND), bytes: 12 * COUNTED });

    expect(buffer.extent.bytes).toBeLessThanOrEqual(12 * COUNTED);
    expect(buffer.extent).toMatchObject({ from: 90 * SECOND, to: 99 * SECOND });
    expect(buffer.counters.gopsOverflowed).toBe(18);
  });

  it('gives a range from the key unit before it', () => {
    const buffer = filled(30, {});

    expect(sequencesOf(buffer, 12, 16)).toEqual([10, 11, 12, 13, 14, 15, 16, 17, 18, 19]);
    expect(sequencesOf(buffer, 29, 29)).toEqual([25, 26, 27, 28, 29]);
    expect(sequencesOf(buffer, 31, 40)).toEqual([]);
  });

  it('what was given stays whole when the buffer lets go of it', () => {
    const buffer = filled(10, { duration: micros(5 * SECOND) });
    const [gop] = buffer.gops({ from: micros(0), to: micros(99 * SECOND) });

    for (let at = 10; at < 50; at++) buffer.write(unit(at, { key: at % 5 === 0 }));

    expect(gop?.units).toHaveLength(5);
  });

  it('a group that is larger than the memory is let go, and the next one is kept', () => {
    const buffer = filled(0, { bytes: 4 * COUNTED });

    for (let at = 0; at < 8; at++) buffer.write(unit(at, { key: at === 0 || at === 6 }));

    expect(buffer.extent).toMatchObject({ units: 2, from: 6 * SECOND });
    expect(buffer.counters.unitsDropped).toBe(6);
  });

  it('a clock that is set back ages nothing', () => {
    const buffer = filled(10, { duration: micros(30 * SECOND) });

    for (let at = 10; at < 20; at++) {
      buffer.write({ ...unit(at, { key: at % 5 === 0 }), captureTime: micros((at - 3600) * SECOND) });
    }

    expect(buffer.extent.units).toBe(20);
  });

  it('counts sound, and forgets everything when closed', () => {
    const buffer = filled(3, {});
    const parameters = { codec: 'opus' as const, sampleRate: 48_000, channels: 1 };
    const times = { captureTime: micros(SECOND), pts: micros(SECOND), duration: micros(20_000) };
    buffer.writeAudio({ data: new Uint8Array(100), parameters, ...times });

    const { bytes } = buffer.extent;
    buffer.close();

    expect(bytes).toBe(3 * COUNTED + 612);
    expect(buffer.extent).toEqual({ from: undefined, to: undefined, bytes: 0, units: 0 });
  });
});
