import { describe, expect, it } from 'vitest';
import { markSharpEdges, rgbOf } from './sharp-edges.ts';

const WIDTH = 8;
const HEIGHT = 4;

/** Where a picture of this brightness (0 to 1) is marked, as `y x`. */
function marked(brightness: (x: number, y: number) => number, threshold = 0.055): string[] {
  const rgba = new Uint8ClampedArray(WIDTH * HEIGHT * 4);
  for (let y = 0; y < HEIGHT; y++)
    for (let x = 0; x < WIDTH; x++)
      rgba.fill(brightness(x, y) * 255, (y * WIDTH + x) * 4, (y * WIDTH + x) * 4 + 4);
  const marks = new Uint8ClampedArray(rgba.length);
  markSharpEdges(rgba, marks, { width: WIDTH, height: HEIGHT, threshold, colour: [255, 0, 10] });
  const places: string[] = [];
  for (let i = 0; i < WIDTH * HEIGHT; i++)
    if (marks[i * 4 + 3] === 255) places.push(`${Math.floor(i / WIDTH)} ${i % WIDTH}`);
  return places;
}

describe('sharp edges', () => {
  it('are the two sides of a step, along its whole length', () => {
    expect(marked((x) => (x < 4 ? 0.2 : 0.8))).toEqual([0, 1, 2, 3].flatMap((y) => [`${y} 3`, `${y} 4`]));
  });

  it('are none in a flat picture, nor at its border, nor in a slope', () => {
    expect(marked(() => 1)).toEqual([]);
    expect(marked((x) => x / 40)).toEqual([]);
  });

  it('are a point and its neighbours', () => {
    expect(marked((x, y) => (x === 3 && y === 2 ? 1 : 0))).toEqual(['1 3', '2 2', '2 3', '2 4', '3 3']);
  });

  it('are only those above the threshold', () => {
    const faint = (x: number): number => (x < 4 ? 0.5 : 0.56);

    expect(marked(faint, 0.05)).not.toEqual([]);
    expect(marked(faint, 0.07)).toEqual([]);
  });
});

it('reads a colour', () => {
  expect(rgbOf('#ff8001')).toEqual([255, 128, 1]);
});
