import { micros } from '@pinhole/core';
import fc from 'fast-check';
import { expect, it, test } from 'vitest';
import { parseRecordingNote, serializeRecordingNote } from './recording-note.ts';

it('is read back as it was written', () => {
  const since = micros(Date.UTC(2026, 0, 1, 12) * 1000);
  const by = [
    { id: '1', who: 'Ana "the gate" Müller', since, reason: 'open ✓' },
    { id: '2', who: 'Ben', since, until: since },
  ];

  const bytes = serializeRecordingNote({ camera: 'front', tree: 'on-demand', by });

  expect(parseRecordingNote(bytes)).toEqual({
    version: 1,
    camera: 'front',
    tree: 'on-demand',
    by: [
      { who: 'Ana "the gate" Müller', since: '2026-01-01T12:00:00.000Z', reason: 'open ✓' },
      { who: 'Ben', since: '2026-01-01T12:00:00.000Z' },
    ],
  });
});

test('any bytes and any JSON are a note or none, never an error', () => {
  const json = fc.json().map((text) => new TextEncoder().encode(text));
  const nearly = fc
    .record({ version: fc.constant(1), camera: fc.anything(), tree: fc.anything(), by: fc.anything() })
    .map((value) =>
      new TextEncoder().encode(
        JSON.stringify(value, (_, each) => (typeof each === 'bigint' ? 0 : each)) ?? '',
      ),
    );
  fc.assert(
    fc.property(fc.oneof(fc.uint8Array(), json, nearly), (bytes) => {
      const note = parseRecordingNote(bytes);

      expect(note === undefined || Array.isArray(note.by)).toBe(true);
    }),
  );
  expect(parseRecordingNote(undefined)).toBeUndefined();
});
