import { micros } from '@pinhole/core';
import type { AccessUnit } from '@pinhole/engine';
import { describe, expect, it } from 'vitest';
import { hex } from '../../../../../test/support/hex.ts';
import { FakeClock } from '../../fake-clock.ts';
import { parsePtsLine } from './pts-fifo.ts';
import { UnitReader } from './unit-reader.ts';

const KEY = hex('00000001 6742c00a 00000001 68cb83cb 00000001 6588840b f262800199');
const P = hex('00000001 419a3815 e360');
/** Not the first macroblock: another slice of the same picture. */
const SLICE = hex('00000001 41469a38 15e360');

const turns = async (count = 3): Promise<void> => {
  for (let i = 0; i < count; i++) await new Promise((resolve) => setImmediate(resolve));
};

function reader({ stamped }: { readonly stamped: boolean }) {
  const clock = new FakeClock();
  const units: AccessUnit[] = [];
  return { clock, units, reader: new UnitReader({ clock, stamped, write: (unit) => units.push(unit) }) };
}

describe('a stream with stamps', () => {
  it('hands a picture over with its stamp, without waiting for the next one or a pause', async () => {
    const { clock, units, reader: stamped } = reader({ stamped: true });
    stamped.push(KEY);
    clock.advance(1_000);
    expect(units).toEqual([]);

    stamped.stamp(micros(0));
    await turns();

    expect(units).toHaveLength(1);
    expect(units[0]).toMatchObject({ key: true, pts: 0, sequence: 0 });
  });

  it('does not cut a picture whose rest is read after its stamp', async () => {
    const { units, reader: stamped } = reader({ stamped: true });
    stamped.push(KEY.subarray(0, 20));
    stamped.stamp(micros(0));
    // Written before the stamp, read in the next turn.
    setImmediate(() => stamped.push(KEY.subarray(20)));
    await turns(4);

    expect(units.map(({ data }) => data)).toEqual([KEY]);
  });

  it('pairs pictures and stamps in order however they come', async () => {
    const { units, reader: stamped } = reader({ stamped: true });
    stamped.push(Buffer.concat([KEY, P, SLICE, P]));
    for (const pts of [0, 33_333, 66_666]) stamped.stamp(micros(pts));
    await turns();

    expect(units.map(({ pts }) => pts)).toEqual([0, 33_333, 66_666]);
    expect(units.map(({ data }) => data.byteLength)).toEqual([
      KEY.byteLength,
      P.byteLength + SLICE.byteLength,
      P.byteLength,
    ]);
  });

  it('gives stamps up when they stop, and goes on with numbers and rising times', async () => {
    const { clock, units, reader: stamped } = reader({ stamped: true });
    stamped.push(KEY);
    stamped.stamp(micros(5_000_000));
    await turns();
    for (let i = 0; i < 10; i++) {
      clock.advance(33);
      stamped.push(P);
      await turns();
    }
    clock.advance(10);

    expect(stamped.stamped).toBe(false);
    expect(units).toHaveLength(11);
    expect(units.map(({ sequence }) => sequence)).toEqual(units.map((_, i) => i));
    const steps = units.slice(1).map(({ pts }, i) => pts - (units[i]?.pts ?? 0));
    expect(Math.min(...steps)).toBeGreaterThan(0);
  });

  it('does not give them up when a busy moment made many pictures come before their stamps', async () => {
    const { units, reader: stamped } = reader({ stamped: true });
    stamped.push(Buffer.concat([KEY, ...Array.from({ length: 12 }, () => P)]));
    for (let i = 0; i < 13; i++) stamped.stamp(micros(i * 33_333));
    await turns(6);

    expect(stamped.stamped).toBe(true);
    expect(units.map(({ pts }) => pts)).toEqual(units.map((_, i) => i * 33_333));
    expect(units).toHaveLength(13);
  });

  it('gives stamps up when there are more than pictures', async () => {
    const { reader: stamped } = reader({ stamped: true });
    for (let i = 0; i < 12; i++) stamped.stamp(micros(i * 33_333));
    stamped.push(KEY);
    await turns();

    expect(stamped.stamped).toBe(false);
  });
});

describe('a stream without stamps', () => {
  it('hands a picture over when the pipe pauses, dated by its last byte', () => {
    const { clock, units, reader: plain } = reader({ stamped: false });
    plain.push(KEY.subarray(0, 15));
    clock.advance(2);
    plain.push(KEY.subarray(15));
    const lastByte = clock.utcNow();
    clock.advance(20);

    expect(units).toHaveLength(1);
    expect(units[0]?.captureTime).toBe(lastByte);
  });

  it('hands nothing over once it ended', () => {
    const { clock, units, reader: plain } = reader({ stamped: false });
    plain.push(KEY);
    plain.end();
    clock.advance(50);

    expect(units).toEqual([]);
    expect(clock.pending).toBe(0);
  });
});

it.each([
  ['0.000', 0],
  ['33.333', 33_333],
  ['86400000.001', 86_400_000_001],
  ['# timecode format v2', undefined],
  ['', undefined],
  ['12', undefined],
  ['-1.000', undefined],
])('a line of time stamps: %j is %j', (line, pts) => {
  expect(parsePtsLine(line)).toBe(pts);
});
