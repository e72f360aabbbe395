import { micros, millis, PinholeError } from '@pinhole/core';
import type { AccessUnit, SourceState } from '@pinhole/engine';
import { nalUnits, parseSps } from '@pinhole/media/h264';
import { describe, expect, it } from 'vitest';
import { FakeClock } from '../fake-clock.ts';
import { FrameSchedule } from './frame-schedule.ts';
import { encodeTestPicture } from './synthetic-encoder.ts';
import { createSyntheticSource, type SyntheticSourceOptions } from './synthetic-source.ts';

function run(options: SyntheticSourceOptions = {}) {
  const clock = new FakeClock();
  const source = createSyntheticSource({ width: 160, height: 120, framesPerSecond: 25, clock, ...options });
  const units: AccessUnit[] = [];
  const states: SourceState[] = [];
  const abort = new AbortController();
  const sink = {
    write: (unit: AccessUnit) => units.push(unit),
    state: (state: SourceState) => states.push(state),
  };
  const ended = source.start(sink, { signal: abort.signal });
  const keys = () => units.filter((unit) => unit.key).map((unit) => unit.sequence);
  return { clock, source, units, states, abort, sink, ended, keys };
}

describe('the synthetic camera', () => {
  it('is live at once, with a key frame first', () => {
    const { units, states } = run();

    expect(states).toEqual([{ kind: 'live' }]);
    expect(units).toHaveLength(1);
    expect(units[0]?.key).toBe(true);
  });

  it('makes each frame at its moment, without drift', () => {
    const { clock, units } = run({ framesPerSecond: 30 });
    const start = units[0]?.pts ?? 0;

    clock.advance(60_001);

    expect(units).toHaveLength(1801);
    units.forEach((unit, i) => {
      expect(Math.abs(unit.pts - start - (i * 1e6) / 30)).toBeLessThanOrEqual(2);
      expect(unit.dts).toBe(unit.pts);
      expect(unit.sequence).toBe(i);
    });
  });

  it('leaves frames out after a stall instead of bursting, and counts them', () => {
    const { clock, source, units } = run();
    clock.advance(400);
    const before = units.length;

    clock.stall(1_010);
    expect(units.length - before).toBe(1);
    clock.advance(400);

    expect(units.length - before).toBe(11);
    expect(source.counters).toEqual({ frames: 22, keyFrames: 1, skippedFrames: 24 });
    expect(units.map((unit) => unit.sequence)).toEqual(units.map((_, i) => i));
    expect(((units.at(-1)?.pts ?? 0) - (units[0]?.pts ?? 0)) % 40_000).toBe(0);
  });

  it('has a key frame every GOP', () => {
    const { clock, keys } = run({ gopFrames: 10 });

    clock.advance(40 * 34);

    expect(keys()).toEqual([0, 10, 20, 30]);
  });

  it('has two seconds to a GOP unless told', () => {
    const { clock, keys } = run({ framesPerSecond: 12.5 });

    clock.advance(4_100);

    expect(keys()).toEqual([0, 25, 50]);
  });

  it('answers a key-frame request with the next frame, and the GOP counts from there', () => {
    const { clock, source, keys } = run({ gopFrames: 10 });
    clock.advance(40 * 5);

    source.requestKeyFrame();
    clock.advance(40 * 12);

    expect(keys()).toEqual([0, 6, 16]);
  });

  it('keeps key frames on request a tenth of a second apart, and forgets no request', () => {
    const { clock, source, keys } = run({ framesPerSecond: 50, gopFrames: 1000 });

    for (let i = 0; i < 12; i++) {
      source.requestKeyFrame();
      clock.advance(20);
    }

    expect(keys()).toEqual([0, 5, 10]);
  });

  it('tells the capture time in UTC, also after the wall clock was set back, while pts runs on', () => {
    const { clock, units } = run();
    clock.advance(40);
    clock.stepWallClock(-3_600_000);
    clock.advance(40);
    const [first, second, third] = units;

    expect(new Date((first?.captureTime ?? 0) / 1000).toISOString()).toBe('2026-01-02T03:04:10.000Z');
    expect((third?.captureTime ?? 0) - (second?.captureTime ?? 0)).toBe(-3_600_000_000 + 40_000);
    expect((third?.pts ?? 0) - (second?.pts ?? 0)).toBe(40_000);
  });

  it('ends when told, leaves no timer, and goes on with a key frame and the next number when started again', async () => {
    const { clock, source, units, abort, ended, sink } = run();
    clock.advance(100);

    abort.abort();
    await ended;

    expect(clock.pending).toBe(0);
    const before = units.length;
    clock.advance(5_000);
    expect(units).toHaveLength(before);
    const again = new AbortController();
    void source.start(sink, { signal: again.signal });
    expect(units.at(-1)).toMatchObject({ key: true, sequence: before });
    again.abort();
    expect(clock.pending).toBe(0);
  });

  it('does nothing when it was told to end before it began', async () => {
    const { source, sink, units } = run();
    const before = units.length;

    await source.start(sink, { signal: AbortSignal.abort() });

    expect(units).toHaveLength(before);
  });

  it('shows a changed control in the next frame', async () => {
    const { clock, source, units } = run();
    clock.advance(40 * 3);
    const usual = units.at(-1)?.data.byteLength ?? 0;

    await source.setControl('brightness', 40);
    clock.advance(40);

    expect(units.at(-1)?.key).toBe(false);
    expect(units.at(-1)?.data.byteLength).toBeGreaterThan(usual * 1.5);
  });

  it('describes controls that it accepts', async () => {
    const { source } = run();

    for (const control of source.controls()) {
      const usual = control.kind === 'button' ? true : control.default;
      await expect(source.setControl(control.id, usual)).resolves.toBeUndefined();
      if (control.kind === 'range') await source.setControl(control.id, control.max);
      if (control.kind === 'menu')
        for (const { value } of control.options) await source.setControl(control.id, value);
    }
    expect(source.controls().map((control) => control.id)).toEqual([
      'pattern',
      'brightness',
      'sweep',
      'size',
      'fps',
      'gop',
      'key-frame',
    ]);
  });

  it.each([
    ['control/unknown', 'zoom', 1, 'no control "zoom"'],
    ['control/out-of-range', 'brightness', 51, 'brightness 51: use a whole number from -50 to 50'],
    ['control/out-of-range', 'brightness', 'much', 'brightness "much"'],
    ['control/not-a-choice', 'pattern', 'stripes', 'pattern "stripes": use one of card, bars, plain'],
    ['control/not-a-choice', 'size', '640x361', 'size "640x361": use one of'],
  ])('refuses with %s to set %s to %s', async (code, id, value, message) => {
    const { source } = run();

    const refusal = await source.setControl(id, value).catch((thrown: unknown) => thrown);

    expect(refusal).toBeInstanceOf(PinholeError);
    expect(refusal).toMatchObject({ code, message: expect.stringContaining(message) });
  });

  it('goes on in another size with a key frame, without a gap in its numbers', async () => {
    const { clock, source, units } = run();
    clock.advance(40 * 3);

    await source.setControl('size', '640x360');
    clock.advance(40 * 3);

    const sizes = units
      .filter((unit) => unit.key)
      .map((unit) => {
        const sps = [...nalUnits(unit.data)].find((nal) => ((nal[0] ?? 0) & 31) === 7);
        const { width, height } = parseSps(sps ?? new Uint8Array());
        return [unit.sequence, width, height];
      });
    expect(sizes).toEqual([
      [0, 160, 120],
      [4, 640, 360],
    ]);
    expect(units.map((unit) => unit.sequence)).toEqual(units.map((_, i) => i));
    expect(source.controlValues().get('size')).toBe('640x360');
  });

  it('goes on at another frame rate at once, however slow it was', async () => {
    const { clock, source, units } = run({ framesPerSecond: 1, gopFrames: 1000 });
    clock.advance(100);

    await source.setControl('fps', 50);
    clock.advance(1_001);

    expect(units).toHaveLength(1 + 51);
    expect(clock.pending).toBe(1);
    expect(source.describe().label).toContain('50 frames a second');
  });

  it('takes controls while it does not run', async () => {
    const { clock, source, abort, ended, sink, units } = run();
    abort.abort();
    await ended;

    await source.setControl('fps', 10);
    expect(clock.pending).toBe(0);
    units.length = 0;
    void source.start(sink, { signal: new AbortController().signal });
    clock.advance(1_001);

    expect(units).toHaveLength(11);
  });

  it('makes a key frame when the button is pressed, and one every so many frames as the control says', async () => {
    const { clock, source, keys } = run({ gopFrames: 1000 });
    clock.advance(40 * 9);

    await source.setControl('key-frame', true);
    clock.advance(40);
    await source.setControl('gop', 5);
    clock.advance(40 * 11);

    expect(keys()).toEqual([0, 10, 15, 20]);
  });

  it('keeps the levels of colour bars, and says why brightness cannot be changed', async () => {
    const { source } = run();
    const bars = (brightness: number) =>
      encodeTestPicture(
        { width: 160, height: 120, framesPerSecond: 25, look: { pattern: 'bars', brightness } },
        { frameNumber: 1, captureTime: micros(1e15) },
      );

    await source.setControl('pattern', 'bars');

    expect(source.controls().find(({ id }) => id === 'brightness')?.inactive).toContain('another pattern');
    expect(bars(50)).toEqual(bars(0));
  });

  it('stands still without its moving light', async () => {
    const { clock, units, source } = run();
    clock.advance(40 * 10);
    const moving = units.at(-1)?.data.byteLength ?? 0;

    await source.setControl('sweep', false);
    clock.advance(40 * 10);

    expect(units.at(-1)?.data.byteLength).toBeLessThan(moving);
  });

  it('refuses a GOP that is no number of frames', () => {
    for (const gopFrames of [0, 1.5, Number.NaN, 100_001]) {
      expect(() => createSyntheticSource({ gopFrames })).toThrowError(
        expect.objectContaining({ code: 'source/bad-option', message: expect.stringContaining('gopFrames') }),
      );
    }
  });
});

describe('a frame schedule', () => {
  it('takes a frame that is a little early or late as that frame', () => {
    const schedule = new FrameSchedule(millis(1_000), 50);
    schedule.take(millis(1_000));
    expect(schedule.delay(millis(1_000))).toBe(20);

    schedule.take(millis(1_019.4));
    expect(schedule.delay(millis(1_019.4))).toBeCloseTo(20.6);
    schedule.take(millis(1_059.9));

    expect(schedule.delay(millis(1_059.9))).toBeCloseTo(0.1);
    expect(schedule.skipped).toBe(0);
  });
});
