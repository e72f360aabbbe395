import { PinholeError } from '@pinhole/core';

/** A rectangle in pixels. */
export interface PixelRectangle {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** How many cells a strip has and how much of the picture's height one row of them takes. */
export interface TimeCodeShape {
  readonly columns: number;
  readonly rows: number;
  /** Rows that would fill the picture's height. */
  readonly rowsPerPicture: number;
}

/** Where the cells of a picture's strip lie. */
export interface TimeCodeLayout {
  readonly shape: TimeCodeShape;
  /** Height of the strip from the top of the picture. */
  readonly heightPixels: number;
  /** One rectangle a cell, in reading order; edges on multiples of `TIME_CODE_GRID_PIXELS`. */
  readonly cells: readonly PixelRectangle[];
}

/** Cells begin and end on multiples of this, the size of H.264's smallest transform block. */
export const TIME_CODE_GRID_PIXELS = 4;

const WIDE = { columns: 64, rows: 2, rowsPerPicture: 40 } as const;
const MEDIUM = { columns: 40, rows: 3, rowsPerPicture: 22.5 } as const;
const NARROW = { columns: 20, rows: 5, rowsPerPicture: 15 } as const;

/** Every shape that a strip may have; each is a fixed share of the picture, so a scaled picture keeps its shape. */
export const TIME_CODE_SHAPES: readonly TimeCodeShape[] = [WIDE, MEDIUM, NARROW];

/** The first shape whose cells are at least so many pixels each way is taken. */
const CHOICES = [
  { shape: WIDE, cellPixels: 16 },
  { shape: MEDIUM, cellPixels: 16 },
  { shape: MEDIUM, cellPixels: 8 },
  { shape: NARROW, cellPixels: 8 },
] as const;

/**
 * Where the time code of a picture is drawn: 64×2 cells from about 1024×640 up, 40×3 from 320×180, else 20×5. Cells
 * are 16×16 pixels or larger from 640×360 up, at least 8×8 below.
 *
 * @throws {PinholeError} `timecode/picture-too-small` below 160×120.
 */
export function timeCodeLayout(width: number, height: number): TimeCodeLayout {
  const choice = CHOICES.find(
    ({ shape, cellPixels }) =>
      width / shape.columns >= cellPixels && height / shape.rowsPerPicture >= cellPixels,
  );
  if (choice === undefined) {
    throw new PinholeError(
      'timecode/picture-too-small',
      `picture ${width}×${height} has no room for a time code: make it at least 160×120`,
    );
  }
  const { shape } = choice;
  const columnEdges = edges(shape.columns, width / shape.columns);
  const rowEdges = edges(shape.rows, height / shape.rowsPerPicture);
  const cells = rowEdges.slice(0, -1).flatMap((y, row) =>
    columnEdges.slice(0, -1).map((x, column) => ({
      x,
      y,
      width: (columnEdges[column + 1] ?? x) - x,
      height: (rowEdges[row + 1] ?? y) - y,
    })),
  );
  return { shape, heightPixels: rowEdges.at(-1) ?? 0, cells };
}

function edges(count: number, pitchPixels: number): readonly number[] {
  return Array.from(
    { length: count + 1 },
    (_, i) => Math.round((i * pitchPixels) / TIME_CODE_GRID_PIXELS) * TIME_CODE_GRID_PIXELS,
  );
}
