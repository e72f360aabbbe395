import {
  TIME_CODE_GRID_PIXELS,
  TIME_CODE_LUMA,
  type TimeCode,
  timeCodeBits,
  timeCodeLayout,
} from '@pinhole/media/timecode';
import { BlockPicture, LUMA_BLOCK_PIXELS } from '../h264/block-picture.ts';
import { type CardLook, drawBackground, lighter } from './background.ts';
import { type CardLayout, cardLayout, type TextLine } from './card-layout.ts';
import { GLYPH_GAP, glyphOf } from './font.ts';
import { sweep } from './sweep.ts';

/** What a test card is drawn for. */
export interface TestCardOptions {
  readonly width: number;
  readonly height: number;
  readonly framesPerSecond: number;
  /** A line of text above the digits, where there is room. */
  readonly label?: string;
}

const INK = 160;
const LABEL_INK = 96;
const FRAME_NUMBER_DIGITS = 8;

/**
 * A dark test card on a picture of flat blocks: the machine-readable time code along the top, label, clock (UTC) and
 * frame number to read by eye, colour patches, and a light that sweeps to and fro. Draws only what changes.
 */
export class TestCard {
  readonly picture: BlockPicture;
  readonly #options: TestCardOptions;
  readonly #layout: CardLayout;
  readonly #strip: ReturnType<typeof timeCodeLayout>;
  readonly #background: Uint8Array;
  readonly #drawn = new Map<TextLine, string>();
  #drawnBits: Uint8Array = new Uint8Array(0);
  #drawnSweep: Uint8Array = new Uint8Array(0);
  #sweeps = true;

  constructor(options: TestCardOptions, look: CardLook) {
    this.#options = options;
    this.picture = new BlockPicture(options.width, options.height);
    this.#layout = cardLayout(options.width, options.height, (options.label ?? '').toUpperCase());
    this.#strip = timeCodeLayout(options.width, options.height);
    this.#background = new Uint8Array(this.picture.luma.length);
    this.setLook(look);
  }

  /** Redraws everything that stands still; what moves follows with the next `draw`. */
  setLook(look: CardLook): void {
    drawBackground(this.picture, this.#layout, look, this.#visibleColumns);
    this.#background.set(this.picture.luma);
    this.#drawn.clear();
    this.#drawnBits = new Uint8Array(0);
    this.#drawnSweep = new Uint8Array(0);
    this.#sweeps = look.sweep !== false;
    const { label } = this.#layout;
    if (label !== undefined) this.#drawText(label, label.sample, LABEL_INK);
  }

  /** Draws one moment. */
  draw(moment: TimeCode): void {
    this.#drawStrip(moment);
    const { clock, frameNumber } = this.#layout;
    const iso = new Date(moment.captureTime / 1000).toISOString(); // 2026-01-02T03:04:05.678Z
    this.#drawText(clock, iso.slice(11, 11 + clock.sample.length), INK);
    const digits = String(moment.frameNumber).slice(-FRAME_NUMBER_DIGITS).padStart(FRAME_NUMBER_DIGITS, '0');
    this.#drawText(frameNumber, digits, INK);
    this.#drawSweep(moment.frameNumber);
  }

  get #visibleColumns(): number {
    return Math.ceil(this.#options.width / LUMA_BLOCK_PIXELS);
  }

  #drawStrip(moment: TimeCode): void {
    const { cells } = this.#strip;
    const bits = timeCodeBits(moment, cells.length);
    for (let i = 0; i < cells.length; i++) {
      const cell = cells[i];
      if (cell === undefined || bits[i] === this.#drawnBits[i]) continue;
      const level = bits[i] === 1 ? TIME_CODE_LUMA.light : TIME_CODE_LUMA.dark;
      const top = cell.y / TIME_CODE_GRID_PIXELS;
      const left = cell.x / TIME_CODE_GRID_PIXELS;
      const bottom = top + cell.height / TIME_CODE_GRID_PIXELS;
      const right = left + cell.width / TIME_CODE_GRID_PIXELS;
      for (let row = top; row < bottom; row++) {
        for (let column = left; column < right; column++) this.picture.setLuma(column, row, level);
      }
    }
    this.#drawnBits = bits;
  }

  #drawText(line: TextLine, text: string, ink: number): void {
    const before = this.#drawn.get(line);
    if (before === text) return;
    let { column } = line;
    for (let i = 0; i < text.length; i++) {
      const character = text.charAt(i);
      const { width } = glyphOf(line.font, character);
      if (before?.charAt(i) !== character) this.#drawGlyph(line, character, column, ink);
      column += (width + GLYPH_GAP) * line.scale;
    }
    this.#drawn.set(line, text);
  }

  #drawGlyph(line: TextLine, character: string, left: number, ink: number): void {
    const { width, rows } = glyphOf(line.font, character);
    const { scale } = line;
    for (let y = 0; y < rows.length * scale; y++) {
      const dots = rows[Math.floor(y / scale)] ?? 0;
      for (let x = 0; x < width * scale; x++) {
        const lit = (dots >> (width - 1 - Math.floor(x / scale))) & 1;
        this.#light(left + x, line.row + y, lit * ink);
      }
    }
  }

  #drawSweep(frameNumber: number): void {
    const { track } = this.#layout;
    if (!this.#sweeps) return;
    const levels = sweep(frameNumber, this.#visibleColumns, this.#options.framesPerSecond);
    for (let column = 0; column < levels.length; column++) {
      const level = levels[column] ?? 0;
      if (level === this.#drawnSweep[column]) continue;
      for (let row = track.row; row < track.row + track.rows; row++) this.#light(column, row, level);
    }
    this.#drawnSweep = levels;
  }

  /** Lights a block up by `by` above its background. */
  #light(column: number, row: number, by: number): void {
    const behind = this.#background[row * this.picture.lumaStride + column] ?? 0;
    this.picture.setLuma(column, row, by === 0 ? behind : lighter(behind, by));
  }
}
