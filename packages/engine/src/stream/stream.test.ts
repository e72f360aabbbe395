import { type Micros, micros } from '@pinhole/core';
import { NAL_TYPE, nalType, nalUnits, parseSps } from '@pinhole/media/h264';
import { describe, expect, it } from 'vitest';
import type { StreamUnit } from './access-unit.ts';
import { type FakeUnitOptions, fakeUnit } from './fake-units.ts';
import type { AccessUnitSink, Delivery } from './sink.ts';
import { Stream, type StreamOptions } from './stream.ts';
import type { StreamParameters } from './stream-parameters.ts';

class RecordingSink implements AccessUnitSink {
  pressure = 0;
  readonly taken: { readonly unit: StreamUnit; readonly delivery: Delivery }[] = [];

  write(unit: StreamUnit, delivery: Delivery): void {
    this.taken.push({ unit, delivery });
  }

  get sequences(): number[] {
    return this.taken.map(({ unit }) => unit.sequence);
  }
}

const setUp = (options: StreamOptions = {}) => {
  const stream = new Stream(options);
  const clock = { now: micros(0) };
  const now = (): Micros => clock.now;
  const write = (unit: FakeUnitOptions): void => {
    clock.now = micros(unit.sequence * 33_333);
    stream.write(fakeUnit(unit), clock.now);
  };
  const writeGop = (first: number, length: number, rest: Partial<FakeUnitOptions> = {}): void => {
    for (let i = 0; i < length; i++) write({ ...rest, sequence: first + i, key: i === 0 });
  };
  const join = (options: { readonly patience?: Micros } = {}) => {
    const sink = new RecordingSink();
    return { sink, reader: stream.attach(sink, { ...options, now }) };
  };
  return { stream, clock, write, writeGop, join };
};

describe('a newcomer', () => {
  it('gets the cached GOP at once, all but the newest as catch-up, and live units after it', () => {
    const { writeGop, write, join } = setUp();
    writeGop(0, 5);
    const { sink } = join();
    write({ sequence: 5 });

    expect(sink.sequences).toEqual([0, 1, 2, 3, 4, 5]);
    expect(sink.taken.map(({ delivery }) => delivery.catchUp)).toEqual([
      true,
      true,
      true,
      true,
      false,
      false,
    ]);
    expect(sink.taken.some(({ delivery }) => delivery.discontinuity)).toBe(false);
  });

  it('starts at the next key unit when nothing is cached', () => {
    const { write, writeGop, join } = setUp();
    const { sink, reader } = join();
    write({ sequence: 0 });
    write({ sequence: 1 });
    writeGop(2, 2);

    expect(sink.sequences).toEqual([2, 3]);
    expect(reader.counters).toEqual({ written: 2, droppedBusy: 0, droppedUntilKey: 0 });
  });

  it('gets a key frame of its own from a source that makes them, rather than the replay of an old GOP', () => {
    const asked: number[] = [];
    const { clock, writeGop, write, join, stream } = setUp({ requestKeyFrame: () => asked.push(clock.now) });
    writeGop(0, 60);
    const { sink } = join();
    expect(sink.sequences).toEqual([]);
    expect(asked).toHaveLength(1);

    write({ sequence: 60, key: true });
    stream.tick(micros(clock.now + 1_000_000));

    expect(sink.sequences).toEqual([60]);
  });

  it('gets the old GOP after all when the key frame does not come', () => {
    const { clock, writeGop, write, join, stream } = setUp({ requestKeyFrame: () => {} });
    writeGop(0, 60);
    const { sink } = join();
    write({ sequence: 60 });
    expect(sink.sequences).toEqual([]);

    stream.tick(micros(clock.now + 150_000));
    write({ sequence: 61 });

    expect(sink.sequences).toEqual([...Array(62).keys()]);
  });

  it('that cannot catch up rather waits for the next key unit, as long as it has patience', () => {
    const { clock, writeGop, join, stream } = setUp();
    writeGop(0, 60);
    const lucky = join({ patience: micros(2_000_000) });
    writeGop(60, 20);
    const patient = join({ patience: micros(2_000_000) });
    expect(lucky.sink.sequences).toEqual([...Array(20).keys()].map((i) => 60 + i));
    expect(patient.sink.sequences).toEqual([]);

    stream.tick(micros(clock.now + 2_000_000));

    expect(patient.sink.sequences).toHaveLength(20);
  });

  it('does not make the source work for each of fifty that come at once', () => {
    let asked = 0;
    const { writeGop, join } = setUp({ requestKeyFrame: () => asked++ });
    writeGop(0, 60);
    for (let i = 0; i < 50; i++) join();
    expect(asked).toBe(1);
  });
});

describe('a slow sink', () => {
  it('misses units up to the next key unit, and is told of the gap', () => {
    const { writeGop, write, join } = setUp();
    writeGop(0, 2);
    const { sink, reader } = join();
    sink.pressure = 1;
    write({ sequence: 2 });
    sink.pressure = 0;
    write({ sequence: 3 });
    write({ sequence: 4, key: true });
    write({ sequence: 5 });

    expect(sink.sequences).toEqual([0, 1, 4, 5]);
    expect(sink.taken.map(({ delivery }) => delivery.discontinuity)).toEqual([false, false, true, false]);
    expect(reader.counters).toEqual({ written: 4, droppedBusy: 1, droppedUntilKey: 1 });
  });

  it('misses a unit that no other needs without a wait for the next key unit', () => {
    const { writeGop, write, join } = setUp();
    writeGop(0, 1);
    const { sink } = join();
    sink.pressure = 1;
    write({ sequence: 1, refIdc: 0 });
    sink.pressure = 0;
    write({ sequence: 2 });

    expect(sink.sequences).toEqual([0, 2]);
    expect(sink.taken.at(-1)?.delivery.discontinuity).toBe(false);
  });

  it('asks once for a key frame when it has room again, and costs the others nothing', () => {
    let asked = 0;
    const { writeGop, write, join } = setUp({ requestKeyFrame: () => asked++ });
    writeGop(0, 2);
    const slow = join();
    const quick = join();
    slow.sink.pressure = 1;
    for (let sequence = 2; sequence < 6; sequence++) write({ sequence });
    expect(asked).toBe(0);
    slow.sink.pressure = 0;
    for (let sequence = 6; sequence < 10; sequence++) write({ sequence });

    expect(asked).toBe(1);
    expect(quick.sink.sequences).toEqual([...Array(10).keys()]);
  });
});

describe('a paused reader', () => {
  it('gets nothing until it resumes, and then starts from the cache', () => {
    const { writeGop, write, join } = setUp();
    writeGop(0, 2);
    const { sink, reader } = join();
    reader.pause();
    writeGop(2, 3);
    reader.resume();
    write({ sequence: 5 });

    expect(sink.sequences).toEqual([0, 1, 2, 3, 4, 5]);
    expect(sink.taken[2]?.delivery).toEqual({ discontinuity: true, catchUp: true });
  });

  it('gets nothing more once it was detached', () => {
    const { stream, writeGop, write, join } = setUp();
    writeGop(0, 1);
    const { sink, reader } = join();
    reader.detach();
    reader.resume();
    write({ sequence: 1 });

    expect(sink.sequences).toEqual([0]);
    expect(stream.readers).toBe(0);
  });
});

describe('parameter sets', () => {
  const parametersOf = (units: readonly FakeUnitOptions[]): StreamParameters[] => {
    const { stream, write } = setUp();
    const announced: StreamParameters[] = [];
    stream.events.on('parameters', (parameters) => announced.push(parameters));
    for (const unit of units) write(unit);
    return announced;
  };

  it('are announced once, with codec and size from the real SPS', () => {
    const announced = parametersOf([{ sequence: 0, key: true }, { sequence: 1 }, { sequence: 2, key: true }]);
    expect(announced).toHaveLength(1);
    expect(announced[0]).toMatchObject({
      codec: 'avc1.42c01e',
      profileLevelId: '42c01e',
      width: 320,
      height: 240,
      bFrames: false,
    });
  });

  it('are announced again when the size changes mid-stream', () => {
    const announced = parametersOf([
      { sequence: 0, key: true },
      { sequence: 1, key: true, widthMbs: 40 },
    ]);
    expect(announced.map(({ width }) => width)).toEqual([320, 640]);
  });

  it('are put in front of a key unit that came without them', () => {
    const { write, join } = setUp();
    write({ sequence: 0, key: true });
    write({ sequence: 1, key: true, parameterSets: false });
    const { sink } = join();

    const types = [...nalUnits(sink.taken[0]?.unit.data ?? new Uint8Array())].map(nalType);
    expect(types).toEqual([NAL_TYPE.sps, NAL_TYPE.pps, NAL_TYPE.idr]);
  });

  it('promise decoders that nothing is reordered, where nothing announces it', () => {
    const [parameters] = parametersOf([{ sequence: 0, key: true }]);
    expect(parseSps(parameters?.sps ?? new Uint8Array()).maxNumReorderFrames).toBe(0);
  });

  it('promise nothing in a stream that announces B-frames, until a whole GOP shows none', () => {
    const gop = (first: number): FakeUnitOptions[] =>
      [...Array(30).keys()].map((i) => ({ sequence: first + i, key: i === 0, reorder: 2 }));
    const announced = parametersOf([...gop(0), ...gop(30)]);

    expect(announced.map(({ bFrames }) => bFrames)).toEqual([true, false]);
    expect(announced.map(({ sps }) => parseSps(sps).maxNumReorderFrames)).toEqual([2, 0]);
  });

  it('take the promise back at the key unit after the first B-frame', () => {
    const announced = parametersOf([
      { sequence: 0, key: true },
      { sequence: 1, sliceType: 'B', refIdc: 0 },
      { sequence: 2, key: true },
    ]);
    expect(announced.map(({ bFrames }) => bFrames)).toEqual([false, true]);
  });
});

describe('hostile and odd input', () => {
  it('is counted by cause and hurts nobody', () => {
    const { stream, write, writeGop, join } = setUp();
    const bare = { captureTime: micros(0), pts: micros(0), dts: micros(0), key: false };
    write({ sequence: 0 });
    stream.write({ ...bare, sequence: 1, data: new Uint8Array() }, micros(0));
    stream.write({ ...bare, sequence: 2, data: new Uint8Array([0, 0, 1, 0x67]) }, micros(0));
    writeGop(3, 2);
    stream.write({ ...bare, sequence: 9, data: new Uint8Array([0, 0, 1, 0x41]) }, micros(0));
    const { sink } = join();

    expect(stream.counters).toMatchObject({
      units: 6,
      keyUnits: 1,
      beforeFirstKey: 1,
      withoutPicture: 2,
      malformedNalUnits: 2,
      lostBySource: 4,
    });
    expect(sink.sequences).toEqual([3, 4, 9]);
  });

  it('cannot make the cache grow without bound', () => {
    const { stream, writeGop, join } = setUp({ cache: { bytes: 5000 } });
    writeGop(0, 100, { padBytes: 400 });
    expect(stream.counters.cacheOverflows).toBe(1);
    expect(stream.snapshotUnits()).toHaveLength(0);
    const { sink } = join();
    expect(sink.sequences).toEqual([]);
  });
});

it('measures frames and bits a second', () => {
  const { stream, clock, writeGop } = setUp();
  writeGop(0, 90, { padBytes: 990 });
  const { framesPerSecond, bitsPerSecond } = stream.rate(clock.now);
  expect(framesPerSecond).toBeCloseTo(30, 0);
  expect(bitsPerSecond / 30 / 8).toBeGreaterThan(990);
});
