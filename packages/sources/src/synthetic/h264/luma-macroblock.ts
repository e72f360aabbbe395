import type { BlockPicture } from './block-picture.ts';

/** How the 16×16 luma samples are predicted: `Intra16x16PredMode`. */
export type LumaMode = 0 | 1 | 2;

/** Scan position to place in the 4×4 matrix of DC coefficients (H.264 Figure 6-6, Table 8-2: zig-zag). */
const ZIGZAG = [0, 1, 4, 8, 5, 2, 3, 6, 9, 12, 13, 10, 7, 11, 14, 15] as const;

const VERTICAL = 0;
const HORIZONTAL = 1;
const DC = 2;

/**
 * The luma of one Intra16x16 macroblock as a prediction and 16 DC coefficients, one a 4×4 block.
 *
 * At QP 28 the DC path of the decoder (H.264 §8.5.10) is exact: with LevelScale 16·16 it makes 64·f of what comes out of
 * the inverse Hadamard transform and (64·f + 32) >> 6 = f of that. So what a block is off its prediction is f itself,
 * and the coefficients are the Hadamard transform of these differences divided by 16.
 */
export class LumaMacroblock {
  readonly #picture: BlockPicture;
  readonly #differences = new Int32Array(16);
  readonly #best = new Int32Array(16);
  /** The coefficients that `predict` chose, in scan order. */
  readonly coefficients = new Int32Array(16);

  constructor(picture: BlockPicture) {
    this.#picture = picture;
  }

  /** Chooses the prediction that leaves least and fills `coefficients`. */
  predict(column: number, row: number): LumaMode {
    let mode: LumaMode | undefined;
    let least = Number.POSITIVE_INFINITY;
    for (const candidate of [VERTICAL, HORIZONTAL, DC] as const) {
      if (candidate === VERTICAL && row === 0) continue;
      if (candidate === HORIZONTAL && column === 0) continue;
      const cost = this.#tryMode(candidate, column * 4, row * 4);
      if (cost >= least) continue;
      least = cost;
      mode = candidate;
      this.#best.set(this.#differences);
      if (cost === 0) break;
    }
    if (mode === undefined)
      throw new Error(`luma of macroblock ${column},${row} is not a multiple of 16 apart`);
    for (let i = 0; i < 16; i++) this.coefficients[i] = this.#best[ZIGZAG[i] as number] as number;
    return mode;
  }

  /** @returns what the coefficients cost roughly, infinite when they are no whole numbers. */
  #tryMode(mode: LumaMode, x: number, y: number): number {
    const { luma, lumaStride } = this.#picture;
    const dc = mode === DC ? this.#dcPrediction(x, y) : 0;
    let same = true;
    for (let i = 0; i < 16; i++) {
      const at = (y + (i >> 2)) * lumaStride + x + (i & 3);
      const above = mode === VERTICAL ? (luma[(y - 1) * lumaStride + x + (i & 3)] as number) : dc;
      const predicted = mode === HORIZONTAL ? (luma[(y + (i >> 2)) * lumaStride + x - 1] as number) : above;
      const difference = (luma[at] as number) - predicted;
      this.#differences[i] = difference;
      if (difference !== 0) same = false;
    }
    return same ? 0 : transform(this.#differences);
  }

  /** The mean of the neighbouring samples (H.264 §8.3.3.3), each neighbour block standing for four of them. */
  #dcPrediction(x: number, y: number): number {
    const { luma, lumaStride } = this.#picture;
    let sum = 0;
    let count = 0;
    for (let i = 0; i < 4; i++) {
      if (y > 0) sum += luma[(y - 1) * lumaStride + x + i] as number;
      if (x > 0) sum += luma[(y + i) * lumaStride + x - 1] as number;
    }
    if (y > 0) count += 4;
    if (x > 0) count += 4;
    return count === 0 ? 128 : Math.floor(sum / count + 0.5);
  }
}

/** The 4×4 Hadamard transform over 16, in place. @returns the sum of the magnitudes, infinite for a fraction. */
function transform(block: Int32Array): number {
  for (let i = 0; i < 16; i += 4) butterfly(block, i, 1);
  for (let i = 0; i < 4; i++) butterfly(block, i, 4);
  let cost = 0;
  for (let i = 0; i < 16; i++) {
    const sum = block[i] as number;
    if ((sum & 15) !== 0) return Number.POSITIVE_INFINITY;
    block[i] = sum >> 4;
    if (sum !== 0) cost += 1 + Math.abs(sum >> 4);
  }
  return cost;
}

function butterfly(block: Int32Array, at: number, step: number): void {
  const a = block[at] as number;
  const b = block[at + step] as number;
  const c = block[at + 2 * step] as number;
  const d = block[at + 3 * step] as number;
  block[at] = a + b + c + d;
  block[at + step] = a + b - c - d;
  block[at + 2 * step] = a - b - c + d;
  block[at + 3 * step] = a - b + c - d;
}
