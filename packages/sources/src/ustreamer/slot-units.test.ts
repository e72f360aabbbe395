import { describe, expect, it } from 'vitest';
import { hex } from '../../../../test/support/hex.ts';
import { SlotUnits } from './slot-units.ts';

const SPS = '00000001 6742c00ad9047b0110000003001000000303c0f1226480';
const PPS = '00000001 68cb83cb20';
const IDR = '000001 6588840bf262800199';
const SLICE = '00000001 419a3815e360';

describe('a frame of H.264 in a slot', () => {
  it('with its parameter sets is handed on as it is', () => {
    const frame = hex(SPS + PPS + IDR);

    expect(new SlotUnits().unit(frame)).toEqual({ kind: 'unit', key: true, data: frame });
  });

  it('gets the parameter sets that came before it, also in a frame of their own', () => {
    const units = new SlotUnits();

    expect(units.unit(hex(SPS + PPS))).toEqual({ kind: 'no-picture' });
    expect(units.unit(hex(IDR))).toEqual({
      kind: 'unit',
      key: true,
      data: hex(`${SPS + PPS} 00 ${IDR}`),
    });
  });

  it('that is a key picture waits for the first parameter sets', () => {
    const units = new SlotUnits();

    expect(units.unit(hex(IDR)).kind).toBe('no-parameter-sets');
    expect(units.unit(hex(SPS + IDR)).kind).toBe('no-parameter-sets');
    expect(units.unit(hex(PPS + IDR)).kind).toBe('unit');
  });

  it('that needs others is a unit, and none without a slice', () => {
    const units = new SlotUnits();

    expect(units.unit(hex(SLICE))).toEqual({ kind: 'unit', key: false, data: hex(SLICE) });
    expect(units.unit(hex('00000001 09f0')).kind).toBe('no-picture');
    expect(units.unit(new Uint8Array(0)).kind).toBe('no-picture');
  });
});
