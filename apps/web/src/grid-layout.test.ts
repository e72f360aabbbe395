import { expect, it } from 'vitest';
import { layOutGrid } from './grid-layout.ts';

const DESKTOP = { widthPixels: 1888, heightPixels: 1000, gapPixels: 12 };
const PHONE = { widthPixels: 366, heightPixels: 780, gapPixels: 12 };

it('gives a single camera all the room that its shape can use', () => {
  expect(layOutGrid(1, DESKTOP)).toEqual({ columns: 1, widthPixels: 1777 });
  expect(layOutGrid(1, { ...DESKTOP, heightPixels: 450 })).toEqual({ columns: 1, widthPixels: 800 });
});

it.each([
  [2, 2],
  [3, 2],
  [4, 2],
  [6, 3],
  [9, 3],
])('puts %i cameras on a desktop in %i columns', (tiles, columns) => {
  expect(layOutGrid(tiles, DESKTOP).columns).toBe(columns);
});

it('stacks cameras on a phone, and scrolls when there are many', () => {
  expect(layOutGrid(3, PHONE)).toEqual({ columns: 1, widthPixels: 366 });
  expect(layOutGrid(12, PHONE)).toEqual({ columns: 1, widthPixels: 366 });
});

it('keeps tiles large enough to see when there are very many', () => {
  const { columns, widthPixels } = layOutGrid(60, DESKTOP);
  expect(widthPixels / columns).toBeGreaterThanOrEqual(300);
});
