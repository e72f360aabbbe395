import type { BlockPicture } from './block-picture.ts';

/** How the chroma samples are predicted: `intra_chroma_pred_mode`. */
export type ChromaMode = 0 | 1 | 2;

const DC = 0;
const HORIZONTAL = 1;
const VERTICAL = 2;

/**
 * The chroma of one intra macroblock as a prediction and four DC coefficients a plane.
 *
 * With `chroma_qp_index_offset` -6 the chroma QP is 22, and the decoder (H.264 §8.5.11) makes
 * ((f·256 << 3) >> 5) = 64·f, then f, of what comes out of the 2×2 transform: exact, like luma.
 */
export class ChromaMacroblock {
  readonly #picture: BlockPicture;
  /** The coefficients that `predict` filled, in scan order. */
  readonly cb = new Int32Array(4);
  readonly cr = new Int32Array(4);

  constructor(picture: BlockPicture) {
    this.#picture = picture;
  }

  /** Some coefficient is not zero. */
  get coded(): boolean {
    return !isZero(this.cb) || !isZero(this.cr);
  }

  /** Chooses a prediction and fills the coefficients. */
  predict(column: number, row: number): ChromaMode {
    const x = column * 2;
    const y = row * 2;
    if (column > 0) {
      this.#tryMode(HORIZONTAL, x, y);
      if (row === 0 || !this.coded) return HORIZONTAL;
    }
    const mode = row > 0 ? VERTICAL : DC;
    this.#tryMode(mode, x, y);
    return mode;
  }

  #tryMode(mode: ChromaMode, x: number, y: number): void {
    const { cb, cr, chromaStride } = this.#picture;
    fill(this.cb, cb, chromaStride, mode, x, y);
    fill(this.cr, cr, chromaStride, mode, x, y);
  }
}

function isZero(four: Int32Array): boolean {
  return four[0] === 0 && four[1] === 0 && four[2] === 0 && four[3] === 0;
}

function fill(
  coefficients: Int32Array,
  plane: Uint8Array,
  stride: number,
  mode: ChromaMode,
  x: number,
  y: number,
): void {
  const at = y * stride + x;
  // What the upper and the lower pair of blocks are predicted from, and how far apart a pair's two sources lie.
  const upper = mode === HORIZONTAL ? at - 1 : at - stride;
  const lower = mode === HORIZONTAL ? upper + stride : upper;
  const step = mode === HORIZONTAL ? 0 : 1;
  const a = (plane[at] as number) - sample(plane, mode, upper);
  const b = (plane[at + 1] as number) - sample(plane, mode, upper + step);
  const c = (plane[at + stride] as number) - sample(plane, mode, lower);
  const d = (plane[at + stride + 1] as number) - sample(plane, mode, lower + step);
  coefficients[0] = quarter(a + b + c + d);
  coefficients[1] = quarter(a - b + c - d);
  coefficients[2] = quarter(a + b - c - d);
  coefficients[3] = quarter(a - b - c + d);
}

/** The sample that prediction takes; the first macroblock has no neighbour and takes mid-grey. */
function sample(plane: Uint8Array, mode: ChromaMode, at: number): number {
  return mode === DC ? 128 : (plane[at] as number);
}

function quarter(sum: number): number {
  if ((sum & 3) !== 0) throw new Error(`chroma differences add up to ${sum}, not to a multiple of 4`);
  return sum >> 2;
}
