import { micros } from '@pinhole/core';
import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { FileTable } from './file-table.ts';
import type { RecordedFile } from './recorded-file.ts';

const SECOND = 1e6;

const fileAt = (start: number, fields: Partial<RecordedFile> = {}): RecordedFile => ({
  path: `20260101/00/20260101_${String(start).padStart(6, '0')}.mp4`,
  startTime: micros(start * SECOND),
  endTime: micros((start + 60) * SECOND),
  sizeBytes: 10,
  state: 'complete',
  thumbnail: false,
  ...fields,
});

const tableOf = (...files: RecordedFile[]): FileTable => {
  const table = new FileTable();
  table.fill(files);
  return table;
};

const starts = (files: readonly RecordedFile[]): number[] => files.map(({ startTime }) => startTime / SECOND);

describe('FileTable', () => {
  const minutes = [0, 60, 120, 300, 360].map((start) => fileAt(start));

  it('gives the newest that nobody writes into', () => {
    const table = tableOf(...minutes, fileAt(420, { state: 'recording' }));

    expect(table.latest()).toEqual(fileAt(360));
    expect(tableOf().latest()).toBeUndefined();
  });

  it('gives those before one, newest first, whether it is still there or not', () => {
    const table = tableOf(...minutes);

    expect(starts(table.before(fileAt(300), { limit: 2 }))).toEqual([120, 60]);
    expect(starts(table.before(fileAt(200), { limit: 8 }))).toEqual([120, 60, 0]);
    expect(table.before(fileAt(0), { limit: 8 })).toEqual([]);
  });

  it('gives the newest that ended before a time', () => {
    const table = tableOf(...minutes);

    expect(table.beforeTime(micros(180 * SECOND))).toEqual(fileAt(120));
    expect(table.beforeTime(micros(180 * SECOND - 1))).toEqual(fileAt(60));
    expect(table.beforeTime(micros(59 * SECOND))).toBeUndefined();
  });

  it('gives a range with what began before it and lasts into it', () => {
    const table = tableOf(...minutes);

    expect(starts(table.range({ from: micros(90 * SECOND), to: micros(300 * SECOND) }))).toEqual([60, 120]);
    expect(starts(table.range({ from: micros(180 * SECOND), to: micros(300 * SECOND) }))).toEqual([]);
  });

  it('gives a range page by page', () => {
    const table = tableOf(...minutes);
    const range = { from: micros(0), to: micros(1000 * SECOND), limit: 2 };

    const first = table.range(range);
    const second = table.range({ ...range, after: first.at(-1)?.path ?? '' });

    expect([starts(first), starts(second)]).toEqual([
      [0, 60],
      [120, 300],
    ]);
  });

  it('puts a recording where it belongs when its true start becomes known', () => {
    const table = tableOf(...minutes);

    table.put({
      ...fileAt(0),
      startTime: micros(310 * SECOND),
      endTime: micros(320 * SECOND),
      sizeBytes: 30,
    });

    expect(starts(table.files)).toEqual([60, 120, 300, 310, 360]);
    expect(table.sizeBytes).toBe(70);
    expect(table.length).toBe(5);
  });

  test('is the same however recordings come in', () => {
    const anyFile = fc.record({
      name: fc.nat(40),
      start: fc.nat(400),
      length: fc.nat(200),
      bytes: fc.nat(9),
    });
    const anyStep = fc.oneof(fc.record({ put: anyFile }), fc.record({ remove: fc.nat(40) }));
    fc.assert(
      fc.property(fc.array(anyStep, { maxLength: 80 }), fc.nat(400), fc.nat(400), (steps, a, b) => {
        const table = new FileTable();
        const plain = new Map<string, RecordedFile>();
        for (const step of steps) {
          if ('remove' in step) {
            const { path } = fileAt(step.remove);
            table.remove(path);
            plain.delete(path);
            continue;
          }
          const { name, start, length, bytes } = step.put;
          const times = { startTime: micros(start * SECOND), endTime: micros((start + length) * SECOND) };
          const file = fileAt(name, { ...times, sizeBytes: bytes });
          table.put(file);
          plain.set(file.path, file);
        }
        const sorted = [...plain.values()].sort(
          (x, y) => x.startTime - y.startTime || (x.path < y.path ? -1 : 1),
        );
        const [from, to] = [micros(Math.min(a, b) * SECOND), micros(Math.max(a, b) * SECOND)];

        expect(table.files).toEqual(sorted);
        expect(table.sizeBytes).toBe(sorted.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0));
        expect(table.range({ from, to })).toEqual(
          sorted.filter((file) => file.startTime < to && (file.endTime > from || file.startTime >= from)),
        );
        expect(table.beforeTime(from)).toEqual(sorted.findLast((file) => file.endTime <= from));
      }),
    );
  });
});
