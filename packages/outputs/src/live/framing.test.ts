import { micros } from '@pinhole/core';
import type { StreamUnit } from '@pinhole/engine';
import { parseLiveFrame } from '@pinhole/protocol/live';
import { expect, it } from 'vitest';
import { LiveFraming } from './framing.ts';

const plain = { discontinuity: false, configChanged: false, catchUp: false };

const unitOf = (sequence: number): StreamUnit => ({
  data: Uint8Array.of(0, 0, 0, 1, 0x65, 0x88),
  nalUnits: [Uint8Array.of(0x65, 0x88)],
  key: true,
  droppable: false,
  captureTime: micros(1_700_000_000_000_000),
  pts: micros(33_333),
  dts: micros(33_333),
  sequence,
  parameters: {
    sps: new Uint8Array(),
    pps: [],
    codec: 'avc1.42c00a',
    profileLevelId: '42c00a',
    width: 64,
    height: 48,
    bFrames: false,
  },
});

it('makes one message of a unit at the live edge, the same bytes for every viewer', () => {
  const framing = new LiveFraming();
  const unit = unitOf(7);

  const first = framing.frame(unit, plain);

  expect(framing.frame(unit, plain)).toBe(first);
  expect(first).toHaveLength(1);
  expect(parseLiveFrame(first[0])).toMatchObject({
    type: 'video',
    key: true,
    sequence: 7,
    pts: 33_333,
    captureTime: 1_700_000_000_000_000,
    payload: unit.data,
  });
});

it('makes another message of the next unit', () => {
  const framing = new LiveFraming();

  framing.frame(unitOf(1), plain);

  expect(parseLiveFrame(framing.frame(unitOf(2), plain)[0]).sequence).toBe(2);
});

it.each(['discontinuity', 'configChanged', 'catchUp'] as const)(
  'puts a header of its own before the uncopied payload for a viewer with %s',
  (flag) => {
    const unit = unitOf(3);

    const [header, payload] = new LiveFraming().frame(unit, { ...plain, [flag]: true });

    expect(payload).toBe(unit.data);
    expect(parseLiveFrame(header)).toMatchObject({ ...plain, [flag]: true, key: true, sequence: 3 });
  },
);
