import type { BlockPicture } from './block-picture.ts';
import { CHROMA_DC, LUMA_DC } from './cavlc-tables.ts';
import { ChromaMacroblock } from './chroma-macroblock.ts';
import { LumaMacroblock } from './luma-macroblock.ts';
import { NalWriter } from './nal-writer.ts';
import { FRAME_NUM_BITS, type ParameterSetFields, writePps, writeSps } from './parameter-sets.ts';
import { writeResidualBlock } from './residual.ts';

const IDR_HEADER = 0x65;
const SLICE_HEADER = 0x41;
const I_SLICES_ONLY = 7;
const P_SLICES_ONLY = 5;
/** `mb_type` of the first intra type, I_NxN, in a P slice (H.264 Table 7-13). */
const FIRST_INTRA_TYPE_IN_P = 5;

/**
 * Encodes a `BlockPicture` as H.264 constrained baseline, one slice a picture, without loss: decoders show exactly the
 * levels of the picture. A key picture is intra throughout; in the others macroblocks that did not change are skipped
 * and those that did are intra, so there is no motion, and nothing that could drift.
 */
export class PictureEncoder {
  readonly #picture: BlockPicture;
  readonly #fields: ParameterSetFields;
  readonly #out = new NalWriter();
  readonly #luma: LumaMacroblock;
  readonly #chroma: ChromaMacroblock;
  #frameNum = 0;
  #idrPicId = 0;
  #started = false;

  constructor(picture: BlockPicture, fields: ParameterSetFields) {
    this.#picture = picture;
    this.#fields = fields;
    this.#luma = new LumaMacroblock(picture);
    this.#chroma = new ChromaMacroblock(picture);
  }

  /**
   * Encodes the picture as it stands and takes its marks of change away. The first one must be a key picture.
   * @returns an Annex B access unit that the caller owns; a key picture begins with SPS and PPS.
   */
  encode({ key }: { readonly key: boolean }): Uint8Array {
    if (!key && !this.#started) throw new Error('the first picture must be a key picture');
    this.#started = true;
    if (key) this.#writeKeyPicture();
    else this.#writePredictedPicture();
    this.#picture.changed.fill(0);
    return this.#out.take();
  }

  #writeKeyPicture(): void {
    const { widthMacroblocks, heightMacroblocks } = this.#picture;
    writeSps(this.#out, this.#fields);
    writePps(this.#out);
    this.#frameNum = 0;
    this.#idrPicId = 1 - this.#idrPicId; // two IDR pictures in a row must differ
    this.#out.begin(IDR_HEADER);
    this.#writeSliceHeader({ key: true });
    for (let row = 0; row < heightMacroblocks; row++) {
      for (let column = 0; column < widthMacroblocks; column++) this.#writeMacroblock(column, row, 0);
    }
    this.#out.end();
  }

  #writePredictedPicture(): void {
    const { widthMacroblocks, changed } = this.#picture;
    this.#frameNum = (this.#frameNum + 1) % 2 ** FRAME_NUM_BITS;
    this.#out.begin(SLICE_HEADER);
    this.#writeSliceHeader({ key: false });
    let skipped = 0;
    for (let address = 0; address < changed.length; address++) {
      if (changed[address] === 0) {
        skipped++;
        continue;
      }
      this.#out.ue(skipped);
      skipped = 0;
      const row = Math.floor(address / widthMacroblocks);
      this.#writeMacroblock(address - row * widthMacroblocks, row, FIRST_INTRA_TYPE_IN_P);
    }
    if (skipped > 0) this.#out.ue(skipped);
    this.#out.end();
  }

  /** `slice_header()`, H.264 §7.3.3. */
  #writeSliceHeader({ key }: { readonly key: boolean }): void {
    const out = this.#out;
    out.ue(0); // first_mb_in_slice
    out.ue(key ? I_SLICES_ONLY : P_SLICES_ONLY);
    out.ue(0); // pic_parameter_set_id
    out.u(FRAME_NUM_BITS, this.#frameNum);
    if (key) {
      out.ue(this.#idrPicId);
      out.u(1, 0); // no_output_of_prior_pics_flag
      out.u(1, 0); // long_term_reference_flag
    } else {
      out.u(1, 0); // num_ref_idx_active_override_flag
      out.u(1, 0); // ref_pic_list_modification_flag_l0
      out.u(1, 0); // adaptive_ref_pic_marking_mode_flag
    }
    out.se(0); // slice_qp_delta
    out.ue(1); // disable_deblocking_filter_idc
  }

  /** `macroblock_layer()` of an Intra16x16 macroblock without AC coefficients, H.264 §7.3.5. */
  #writeMacroblock(column: number, row: number, firstIntraType: number): void {
    const out = this.#out;
    const lumaMode = this.#luma.predict(column, row);
    const chromaMode = this.#chroma.predict(column, row);
    const chromaCoded = this.#chroma.coded;
    out.ue(firstIntraType + 1 + lumaMode + (chromaCoded ? 4 : 0)); // mb_type, Table 7-11
    out.ue(chromaMode); // intra_chroma_pred_mode
    out.se(0); // mb_qp_delta
    writeResidualBlock(out, this.#luma.coefficients, LUMA_DC);
    if (!chromaCoded) return;
    writeResidualBlock(out, this.#chroma.cb, CHROMA_DC);
    writeResidualBlock(out, this.#chroma.cr, CHROMA_DC);
  }
}
