import { describe, expect, it } from 'vitest';
import { parseByteRange } from './byte-range.ts';

const part = (start: number, last: number) => ({ kind: 'part', range: { start, last } });

describe('parseByteRange', () => {
  it.each([
    [undefined, { kind: 'whole' }],
    ['bytes=0-', part(0, 999)],
    ['bytes=0-0', part(0, 0)],
    ['bytes=10-19', part(10, 19)],
    ['bytes=990-5000', part(990, 999)],
    ['bytes=-1', part(999, 999)],
    ['bytes=-5000', part(0, 999)],
    ['Bytes= 10-19 ', part(10, 19)],
    ['bytes=1000-', { kind: 'unsatisfiable', why: 'beyond-end' }],
    ['bytes=-0', { kind: 'unsatisfiable', why: 'beyond-end' }],
    ['bytes=0-1,5-6', { kind: 'unsatisfiable', why: 'several-ranges' }],
    ['bytes=0-1, -5', { kind: 'unsatisfiable', why: 'several-ranges' }],
    ['bytes=20-10', { kind: 'whole' }],
    ['bytes=-', { kind: 'whole' }],
    ['bytes=a-b', { kind: 'whole' }],
    ['lines=0-5', { kind: 'whole' }],
  ])('%s', (header, wanted) => {
    expect(parseByteRange(header, { sizeBytes: 1000 })).toEqual(wanted);
  });

  it('finds nothing to give of an empty file', () => {
    expect(parseByteRange('bytes=0-', { sizeBytes: 0 })).toEqual({
      kind: 'unsatisfiable',
      why: 'beyond-end',
    });
  });
});
