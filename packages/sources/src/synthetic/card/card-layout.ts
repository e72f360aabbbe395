import { timeCodeLayout } from '@pinhole/media/timecode';
import { LUMA_BLOCK_PIXELS, MACROBLOCK_PIXELS } from '../h264/block-picture.ts';
import { type Font, LARGE_FONT, SMALL_FONT, textWidth } from './font.ts';

/** A line of text; lengths in luma blocks of 4 pixels. */
export interface TextLine {
  readonly font: Font;
  /** Blocks a dot, each way. */
  readonly scale: number;
  readonly column: number;
  readonly row: number;
  /** The widest text that fits. */
  readonly sample: string;
}

/** Where the parts of the test card lie; lengths in luma blocks of 4 pixels. */
export interface CardLayout {
  /** Rows of the time code strip. */
  readonly stripRows: number;
  /** Absent where there is no room or no label. */
  readonly label?: TextLine;
  readonly clock: TextLine;
  readonly frameNumber: TextLine;
  readonly patches: { readonly row: number; readonly rows: number };
  readonly track: { readonly row: number; readonly rows: number };
}

const FULL_CLOCK = '00:00:00.000';
const SHORT_CLOCK = '00:00:00';
const FRAME_NUMBER = '00000000';
/** A label nearer to the digits than this would be hard to read. */
const MIN_GAP = 2;

/** Lays the card out for a picture of `width`×`height` pixels. */
export function cardLayout(width: number, height: number, label: string): CardLayout {
  const columns = Math.floor(width / LUMA_BLOCK_PIXELS);
  const rows = Math.floor(height / LUMA_BLOCK_PIXELS);
  const stripRows = timeCodeLayout(width, height).heightPixels / LUMA_BLOCK_PIXELS;
  const trackRows = Math.max(2, 2 * Math.round(rows / 48));
  const trackRow = 2 * Math.floor((rows - trackRows - (rows > 40 ? trackRows : 0)) / 2);
  const patchRows = 4 * Math.max(1, Math.round(height / (12 * MACROBLOCK_PIXELS)));
  const patchRow = 4 * Math.floor((trackRow - (rows > 40 ? 2 : 0) - patchRows) / 4);

  const inner = Math.floor(columns * 0.86);
  const free = patchRow - stripRows;
  const digitRows = Math.max(SMALL_FONT.height, Math.floor(free * 0.32));
  const clock = largest(inner, digitRows, FULL_CLOCK) ?? largest(inner, digitRows, SHORT_CLOCK);
  const frameNumber = largest(inner, digitRows, FRAME_NUMBER);
  if (clock === undefined || frameNumber === undefined)
    throw new Error(`no room for digits in ${width}×${height}`);
  const title = label === '' ? undefined : largestOf(LARGE_FONT, inner, Math.max(free * 0.13, 7), label);
  const lines: Fitted[] = [clock, frameNumber];
  if (title !== undefined && heightOf(lines) + heightOf([title]) + 4 * MIN_GAP <= free) lines.unshift(title);

  const gap = Math.floor((free - heightOf(lines)) / (lines.length + 1));
  let row = stripRows + gap;
  const placed = lines.map((line) => {
    const column = Math.floor((columns - textWidth(line.font, line.sample) * line.scale) / 2);
    const at = { ...line, column, row };
    row += line.font.height * line.scale + gap;
    return at;
  });
  const [numberLine, clockLine, labelLine] = placed.toReversed();
  if (clockLine === undefined || numberLine === undefined) throw new Error('a card without digits');
  return {
    stripRows,
    clock: clockLine,
    frameNumber: numberLine,
    ...(labelLine === undefined ? {} : { label: labelLine }),
    patches: { row: patchRow, rows: patchRows },
    track: { row: trackRow, rows: trackRows },
  };
}

type Fitted = Pick<TextLine, 'font' | 'scale' | 'sample'>;

const heightOf = (lines: readonly Fitted[]): number =>
  lines.reduce((sum, line) => sum + line.font.height * line.scale, 0);

function largest(columns: number, rows: number, sample: string): Fitted | undefined {
  return largestOf(LARGE_FONT, columns, rows, sample) ?? largestOf(SMALL_FONT, columns, rows, sample);
}

function largestOf(font: Font, columns: number, rows: number, sample: string): Fitted | undefined {
  const scale = Math.floor(Math.min(columns / Math.max(textWidth(font, sample), 1), rows / font.height));
  return scale < 1 ? undefined : { font, scale, sample };
}
