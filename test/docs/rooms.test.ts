import {
  ROOM_CLOSE_CODE,
  ROOM_ERROR_CODES,
  roomClientMessageSchema,
  roomServerMessageSchema,
} from '@pinhole/protocol/rooms';
import { expect, it } from 'vitest';
import { codesIn, rowsWith } from './markdown.ts';

const named = (page: string, column: string): readonly string[] =>
  rowsWith(page, column)
    .flatMap((row) => codesIn(row[column] ?? ''))
    .toSorted((a, b) => a.localeCompare(b));

const sorted = (names: readonly string[]): readonly string[] => names.toSorted((a, b) => a.localeCompare(b));

it('has every error of the rooms', () => {
  expect(named('docs/errors.md', 'Room error')).toEqual(sorted(ROOM_ERROR_CODES));
});

it('has every close code of the rooms with its number', () => {
  const rows = rowsWith('docs/errors.md', 'Close code').map((row) => [
    codesIn(row['Reason'] ?? '')[0],
    Number(row['Close code']),
  ]);

  expect(Object.fromEntries(rows)).toEqual(ROOM_CLOSE_CODE);
});

it.each([
  ['Client sends', roomClientMessageSchema],
  ['Server sends', roomServerMessageSchema],
] as const)('%s: has every message', (column, schema) => {
  const types = schema.def.options.flatMap(({ shape }) => shape.type.def.values);

  expect(named('docs/rooms.md', column)).toEqual(sorted(types));
});
