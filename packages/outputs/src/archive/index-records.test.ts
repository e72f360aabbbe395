import { micros } from '@pinhole/core';
import { describe, expect, it } from 'vitest';
import { headerLine, type IndexRecord, parseIndex, serializeIndexRecord } from './index-records.ts';
import type { RecordedFile } from './recorded-file.ts';

const full: RecordedFile = {
  path: '20261121/17/20261121_170509.mp4',
  startTime: micros(1_795_280_709_123_456),
  endTime: micros(1_795_280_769_123_456),
  sizeBytes: 30_000_000,
  state: 'complete',
  layout: 'fragmented',
  video: { codec: 'avc1.640028', width: 1920, height: 1080 },
  audio: { codec: 'mp4a.40.2', sampleRate: 48_000, channels: 2 },
  onDemand: { by: 'Ä. Person "quoted"\n', at: micros(1_795_280_709_000_000) },
  thumbnail: true,
};
const bare: RecordedFile = {
  path: '20261121/17/20261121_170609.mp4',
  startTime: micros(1_795_280_769_000_000),
  endTime: micros(1_795_280_769_000_000),
  sizeBytes: 0,
  state: 'unread',
  thumbnail: false,
};

const RECORDS: readonly IndexRecord[] = [
  { kind: 'put', file: full },
  { kind: 'put', file: { ...bare, path: '20261121/17/20261121_170709.mp4' } },
  { kind: 'gone', path: '20261121/17/20261121_170709.mp4' },
  { kind: 'folder', folder: '20261121/17', changedMs: 1_795_280_769_123.25 },
  { kind: 'put', file: bare },
];
const BYTES = Buffer.from([headerLine(), ...RECORDS.map(serializeIndexRecord)].join(''));

describe('the index on the disk', () => {
  it('gives back what was put into it', () => {
    expect(parseIndex(BYTES)).toEqual({
      files: new Map([
        [full.path, full],
        [bare.path, bare],
      ]),
      folders: new Map([['20261121/17', 1_795_280_769_123.25]]),
      records: 5,
      damaged: 0,
      sizeBytes: BYTES.byteLength,
    });
  });

  it('torn at any byte, gives what was whole before', () => {
    const ends = [...BYTES.entries()].filter(([, byte]) => byte === 0x0a).map(([at]) => at + 1);
    for (let length = 0; length < BYTES.byteLength; length++) {
      const content = parseIndex(BYTES.subarray(0, length));

      const whole = ends.filter((end) => end <= length);
      expect(content?.sizeBytes).toBe(whole.at(-1));
      expect(content?.records).toBe(whole.length === 0 ? undefined : whole.length - 1);
      expect(content?.damaged ?? 0).toBe(0);
    }
  });

  it('with any bit turned, takes nothing for true that was not written, and says that it is damaged', () => {
    const known = new Set([JSON.stringify(full), JSON.stringify(bare)]);
    for (let bit = 0; bit < BYTES.byteLength * 8; bit++) {
      const garbled = Uint8Array.from(BYTES);
      garbled[bit >> 3] = (garbled[bit >> 3] ?? 0) ^ (1 << (bit & 7));

      const content = parseIndex(garbled);

      if (content === undefined) continue;
      expect(content.damaged > 0 || content.sizeBytes < BYTES.byteLength).toBe(true);
      for (const file of content.files.values()) {
        expect(known.has(JSON.stringify(file)) || file.path === '20261121/17/20261121_170709.mp4').toBe(true);
      }
    }
  });

  it.each([
    ['nothing', ''],
    ['zeros, as a file that was never written out', '\0'.repeat(4096)],
    ['another program', '{"a":1}\n'],
    ['a head of another version', BYTES.toString().replace('"version":1', '"version":2')],
  ])('is not taken from %s', (_, text) => {
    expect(parseIndex(Buffer.from(text))).toBeUndefined();
  });

  it('has no line of a form that we do not write', () => {
    const odd = serializeIndexRecord({ kind: 'folder', folder: '../..', changedMs: 1 });

    expect(parseIndex(Buffer.from(headerLine() + odd))).toMatchObject({ damaged: 1, folders: new Map() });
  });
});
