/** Luma is flat in blocks of this many pixels each way. */
export const LUMA_BLOCK_PIXELS = 4;

/** Pixels of a macroblock each way. */
export const MACROBLOCK_PIXELS = 16;

/**
 * A 4:2:0 picture made of flat blocks, which is all that the encoder can express, and which of its macroblocks changed
 * since it was encoded last. Covers whole macroblocks; what lies beyond the visible size is cropped away by decoders.
 *
 * What the encoder can express exactly: within one macroblock the luma levels differ by multiples of 16 (any level is
 * fine in a macroblock of one level); every chroma level is a multiple of 4.
 */
export class BlockPicture {
  readonly widthMacroblocks: number;
  readonly heightMacroblocks: number;
  /** Luma blocks in a row. */
  readonly lumaStride: number;
  /** Chroma blocks in a row. */
  readonly chromaStride: number;
  readonly luma: Uint8Array;
  readonly cb: Uint8Array;
  readonly cr: Uint8Array;
  /** 1 for a macroblock that changed. */
  readonly changed: Uint8Array;

  /** A picture that covers `width`×`height` pixels, black. */
  constructor(width: number, height: number) {
    this.widthMacroblocks = Math.ceil(width / MACROBLOCK_PIXELS);
    this.heightMacroblocks = Math.ceil(height / MACROBLOCK_PIXELS);
    this.lumaStride = this.widthMacroblocks * 4;
    this.chromaStride = this.widthMacroblocks * 2;
    this.luma = new Uint8Array(this.lumaStride * this.heightMacroblocks * 4).fill(16);
    this.cb = new Uint8Array(this.chromaStride * this.heightMacroblocks * 2).fill(128);
    this.cr = new Uint8Array(this.cb.length).fill(128);
    this.changed = new Uint8Array(this.widthMacroblocks * this.heightMacroblocks).fill(1);
  }

  /** Sets the luma of one block. */
  setLuma(column: number, row: number, level: number): void {
    const at = row * this.lumaStride + column;
    if (this.luma[at] === level) return;
    this.luma[at] = level;
    this.changed[(row >> 2) * this.widthMacroblocks + (column >> 2)] = 1;
  }

  /** Sets the chroma of one block. */
  setChroma(column: number, row: number, cb: number, cr: number): void {
    const at = row * this.chromaStride + column;
    if (this.cb[at] === cb && this.cr[at] === cr) return;
    this.cb[at] = cb;
    this.cr[at] = cr;
    this.changed[(row >> 1) * this.widthMacroblocks + (column >> 1)] = 1;
  }
}
