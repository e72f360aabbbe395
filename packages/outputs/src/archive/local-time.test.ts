import { micros } from '@pinhole/core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { localTimeOf, utcOf } from './local-time.ts';

const at = (text: string) => micros(Date.parse(text) * 1000);

describe('a time in the name of a recording', () => {
  const zone = process.env['TZ'];
  beforeEach(() => {
    process.env['TZ'] = 'Europe/Berlin';
  });
  afterEach(() => {
    if (zone === undefined) delete process.env['TZ'];
    else process.env['TZ'] = zone;
  });

  it('is the one that the clock on the wall shows', () => {
    const local = localTimeOf(at('2026-07-01T10:20:30.9Z'));

    expect(local).toEqual({ year: 2026, month: 7, day: 1, hour: 12, minute: 20, second: 30 });
    expect(utcOf(local)).toBe(at('2026-07-01T10:20:30Z'));
  });

  it('is told apart in the hour that comes twice by when the file was written', () => {
    // On 2026-10-25 clocks went from 03:00 back to 02:00.
    const [first, second] = [at('2026-10-25T00:30:00Z'), at('2026-10-25T01:30:00Z')];
    const local = localTimeOf(first);

    expect(localTimeOf(second)).toEqual(local);
    expect(utcOf(local)).toBe(first);
    expect(utcOf(local, { near: micros(second + 60e6) })).toBe(second);
    expect(utcOf(local, { near: micros(first + 60e6) })).toBe(first);
  });

  it('that the clock passed over is still some time', () => {
    // On 2026-03-29 clocks went from 02:00 to 03:00.
    expect(utcOf({ year: 2026, month: 3, day: 29, hour: 2, minute: 30, second: 0 })).toBe(
      at('2026-03-29T01:30:00Z'),
    );
  });

  it('is told apart where clocks are put back by half an hour', () => {
    process.env['TZ'] = 'Australia/Lord_Howe';
    const [first, second] = [at('2026-04-04T14:45:00Z'), at('2026-04-04T15:15:00Z')];

    expect(localTimeOf(first)).toEqual(localTimeOf(second));
    expect(utcOf(localTimeOf(first), { near: second })).toBe(second);
  });
});
