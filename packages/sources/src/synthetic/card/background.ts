import type { BlockPicture } from '../h264/block-picture.ts';
import type { CardLayout } from './card-layout.ts';

/** What the card shows behind its digits. */
export type CardPattern = 'card' | 'bars' | 'plain';

/** How the card looks; what the source's controls change. */
export interface CardLook {
  readonly pattern: CardPattern;
  /** Added to every luma level but the time code's and the colour bars', -50…50. */
  readonly brightness: number;
  /** Whether a light sweeps to and fro; it does unless told. */
  readonly sweep?: boolean;
}

/** A flat colour: luma in limited range, chroma in multiples of 4. */
interface Colour {
  readonly y: number;
  readonly cb: number;
  readonly cr: number;
}

const colour = (y: number, cb: number, cr: number): Colour => ({ y, cb, cr });

/** The classic bars at 75 %, BT.709, chroma rounded to multiples of 4. */
const BARS: readonly Colour[] = [
  colour(180, 128, 128),
  colour(168, 44, 136),
  colour(145, 148, 44),
  colour(134, 64, 52),
  colour(63, 192, 204),
  colour(51, 108, 212),
  colour(28, 212, 120),
];

const NIGHT = { top: 58, bottom: 30, cb: 136, cr: 124 } as const;
const STRIP: Colour = colour(32, 128, 128);
const TRACK_CHROMA = { cb: 120, cr: 140 } as const;
/** The track's groove above its background; within a macroblock levels differ by multiples of 16. */
const GROOVE = 16;
const LIMITED_RANGE = { min: 16, max: 235 } as const;

/**
 * Draws what does not move: a night-blue slope, colour patches, the groove of the track, a field for the time code.
 * @param visibleColumns Luma blocks that decoders show, across.
 */
export function drawBackground(
  picture: BlockPicture,
  layout: CardLayout,
  look: CardLook,
  visibleColumns: number,
): void {
  const { widthMacroblocks, heightMacroblocks } = picture;
  const stripMacroblocks = Math.ceil(layout.stripRows / 4);
  for (let row = 0; row < heightMacroblocks; row++) {
    for (let column = 0; column < widthMacroblocks; column++) {
      const place = { across: (column * 4) / visibleColumns, down: row / heightMacroblocks };
      const tone =
        row < stripMacroblocks
          ? STRIP
          : brightened(behindDigits(place, look.pattern), look.pattern === 'bars' ? 0 : look.brightness);
      fillMacroblock(picture, column, row, tone);
    }
  }
  if (look.pattern === 'card') drawPatches(picture, layout, look, visibleColumns);
  drawTrack(picture, layout);
}

function behindDigits(
  place: { readonly across: number; readonly down: number },
  pattern: CardPattern,
): Colour {
  if (pattern === 'bars') {
    const bar = BARS[Math.min(BARS.length - 1, Math.floor(place.across * BARS.length))] ?? STRIP;
    return { ...bar, y: Math.round(bar.y * 0.7) };
  }
  return { ...NIGHT, y: Math.round(NIGHT.top + (NIGHT.bottom - NIGHT.top) * place.down) };
}

function drawPatches(
  picture: BlockPicture,
  layout: CardLayout,
  look: CardLook,
  visibleColumns: number,
): void {
  const macroblocks = Math.floor(visibleColumns / 4);
  const each = Math.max(1, Math.floor((macroblocks * 0.86) / BARS.length));
  const first = Math.floor((macroblocks - each * BARS.length) / 2);
  const top = layout.patches.row / 4;
  BARS.forEach((bar, i) => {
    for (let row = top; row < top + layout.patches.rows / 4; row++) {
      for (let column = 0; column < each; column++) {
        fillMacroblock(picture, first + i * each + column, row, brightened(bar, look.brightness));
      }
    }
  });
}

function drawTrack(picture: BlockPicture, { track }: CardLayout): void {
  for (let row = track.row; row < track.row + track.rows; row++) {
    for (let column = 0; column < picture.lumaStride; column++) {
      picture.setLuma(column, row, lighter(picture.luma[row * picture.lumaStride + column] ?? 0, GROOVE));
      picture.setChroma(column >> 1, row >> 1, TRACK_CHROMA.cb, TRACK_CHROMA.cr);
    }
  }
}

/** `level` and up to `by` more, in steps of 16, within limited range. */
export function lighter(level: number, by: number): number {
  const steps = Math.min(Math.floor(by / 16), Math.floor((LIMITED_RANGE.max - level) / 16));
  return level + Math.max(0, steps) * 16;
}

function brightened(tone: Colour, brightness: number): Colour {
  const y = Math.max(LIMITED_RANGE.min, Math.min(LIMITED_RANGE.max, Math.round(tone.y + brightness)));
  return { ...tone, y };
}

function fillMacroblock(picture: BlockPicture, column: number, row: number, tone: Colour): void {
  for (let i = 0; i < 16; i++) picture.setLuma(column * 4 + (i & 3), row * 4 + (i >> 2), tone.y);
  for (let i = 0; i < 4; i++) picture.setChroma(column * 2 + (i & 1), row * 2 + (i >> 1), tone.cb, tone.cr);
}
