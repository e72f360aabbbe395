import { micros } from '@pinhole/core';
import type { DemuxedUnit } from '@pinhole/ffmpeg';
import { expect, it } from 'vitest';
import { Timeline } from './timeline.ts';

const unit = (fields: { at: number; dts: number; sequence: number; pts?: number }): DemuxedUnit => ({
  data: new Uint8Array(),
  key: true,
  captureTime: micros(fields.at),
  pts: micros(fields.pts ?? fields.dts),
  dts: micros(fields.dts),
  sequence: fields.sequence,
});

it('leaves the first connection as it is', () => {
  const timeline = new Timeline();

  const placed = timeline.place(unit({ at: 9_000_000, dts: -66_667, pts: 0, sequence: 0 }));

  expect(placed).toMatchObject({ dts: -66_667, pts: 0, sequence: 0, captureTime: 9_000_000 });
});

it('goes on after a reconnection, as much later as it took', () => {
  const timeline = new Timeline();
  timeline.place(unit({ at: 1_000_000, dts: 500_000, sequence: 41 }));

  timeline.join();
  const first = timeline.place(unit({ at: 4_000_000, dts: 0, pts: 66_667, sequence: 0 }));
  const second = timeline.place(unit({ at: 4_033_333, dts: 33_333, sequence: 2 }));

  expect(first).toMatchObject({ dts: 3_500_000, pts: 3_566_667, sequence: 42 });
  expect(second).toMatchObject({ dts: 3_533_333, sequence: 44 });
});

it('never falls, even when the clock was set back in between', () => {
  const timeline = new Timeline();
  timeline.place(unit({ at: 4_000_000, dts: 500_000, sequence: 0 }));

  timeline.join();

  expect(timeline.place(unit({ at: 1_000_000, dts: 0, sequence: 0 })).dts).toBeGreaterThan(500_000);
});
