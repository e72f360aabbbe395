import { expect, it } from 'vitest';
import { Happenings } from './happenings.ts';

it('keeps the last hundred, oldest first', () => {
  const happenings = new Happenings();

  for (let i = 1; i <= 130; i++) happenings.add(`camera ${i} came`);

  expect(happenings.lines.value).toHaveLength(100);
  expect(happenings.lines.value[0]?.words).toBe('camera 31 came');
  expect(happenings.lines.value.at(-1)?.words).toBe('camera 130 came');
});

it('counts what happens again and again in one line', () => {
  const happenings = new Happenings();

  for (let i = 0; i < 5; i++) happenings.add('The connection is lost.');
  happenings.add('Connected.');

  expect(happenings.lines.value.map(({ words, times }) => [words, times])).toEqual([
    ['The connection is lost.', 5],
    ['Connected.', 1],
  ]);
});
