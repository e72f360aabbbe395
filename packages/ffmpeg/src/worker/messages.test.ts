import { micros } from '@pinhole/core';
import { describe, expect, it } from 'vitest';
import { ReportReader, serializeReport, type WorkerReport } from './messages.ts';

const UNIT: WorkerReport = {
  kind: 'unit',
  unit: {
    data: Uint8Array.of(0, 0, 0, 1, 0x65),
    key: true,
    captureTime: micros(1_795_219_200_123_456),
    pts: micros(0),
    dts: micros(-66_667),
    sequence: 41,
  },
};
const REPORTS: readonly WorkerReport[] = [
  { kind: 'ready' },
  { kind: 'opened', input: { codec: 'mjpeg', transcoding: 'weil …' } },
  UNIT,
  { kind: 'jpeg', jpeg: Uint8Array.of(0xff, 0xd8), width: 640, height: 360 },
  {
    kind: 'jpeg',
    jpeg: Uint8Array.of(0xff, 0xd8),
    width: 640,
    height: 360,
    captureTime: micros(1_795_219_200_123_456),
  },
  {
    kind: 'audio',
    frame: {
      data: Uint8Array.of(7, 8),
      captureTime: micros(1_795_219_200_123_456),
      pts: micros(-5),
      duration: micros(20_000),
      parameters: { codec: 'aac', sampleRate: 48_000, channels: 2, config: Uint8Array.of(0x11, 0x90) },
    },
  },
  { kind: 'ended' },
];

describe('reports of the worker', () => {
  it('come out as they went in, whatever the pieces', () => {
    const bytes = REPORTS.flatMap((report) => [...serializeReport(report)]);
    const reader = new ReportReader();

    const read = bytes.flatMap((byte) => [...reader.push(Uint8Array.of(byte))]);

    expect(read).toEqual(REPORTS);
  });

  it.each([
    ['a length beyond all bounds', [0xff, 0xff, 0xff, 0xff]],
    ['an unknown layout', [0, 0, 0, 1, 9]],
    ['sound of no codec', [0, 0, 0, 2, 3, 99]],
    ['a unit that ends early', [0, 0, 0, 2, 1, 1]],
    ['text that is none', [0, 0, 0, 2, 0, 0x7b]],
  ])('refuse %s with the one documented error', (_, bytes) => {
    const read = (): unknown => [...new ReportReader().push(Uint8Array.from(bytes))];

    expect(read).toThrowError(expect.objectContaining({ name: 'MalformedError' }));
  });
});
