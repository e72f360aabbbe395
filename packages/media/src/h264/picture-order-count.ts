import type { SliceHeader } from './slice-header.ts';
import type { PicOrderCnt, Sps } from './sps.ts';

type TypeOne = Extract<PicOrderCnt, { type: 1 }>;

/**
 * Follows the picture order count from picture to picture, in decoding order. Counts compare between two pictures
 * with no IDR picture and no order reset between them.
 * @see H.264 §8.2.1
 */
export class PictureOrderCount {
  // The names are those of the standard, for the last picture, or the last reference picture where it says so.
  #prevPicOrderCntMsb = 0;
  #prevPicOrderCntLsb = 0;
  #prevFrameNum = 0;
  #prevFrameNumOffset = 0;

  /** The count of the next picture, of the first of its slices. Both fields of a frame: the smaller. */
  next(header: SliceHeader, sps: Sps): number {
    const order =
      sps.picOrderCnt.type === 0
        ? this.#nextByLsb(header, 2 ** sps.picOrderCnt.log2MaxLsb)
        : this.#nextByFrameNum(header, sps);
    if (header.resetsOrder) {
      this.#prevFrameNum = 0;
      this.#prevFrameNumOffset = 0;
    }
    return order;
  }

  /** §8.2.1.1 */
  #nextByLsb(header: SliceHeader, maxLsb: number): number {
    if (header.idr) {
      this.#prevPicOrderCntMsb = 0;
      this.#prevPicOrderCntLsb = 0;
    }
    const lsb = header.picOrderCntLsb ?? 0;
    const distance = lsb - this.#prevPicOrderCntLsb;
    let msb = this.#prevPicOrderCntMsb;
    if (distance < 0 && -distance >= maxLsb / 2) msb += maxLsb;
    else if (distance > maxLsb / 2) msb -= maxLsb;
    const top = msb + lsb;
    const order = header.field ? top : Math.min(top, top + header.deltaPicOrderCntBottom);
    if (header.resetsOrder) {
      this.#prevPicOrderCntMsb = 0;
      this.#prevPicOrderCntLsb = header.bottomField ? 0 : top - order;
    } else if (header.refIdc !== 0) {
      this.#prevPicOrderCntMsb = msb;
      this.#prevPicOrderCntLsb = lsb;
    }
    return order;
  }

  /** §8.2.1.2 and §8.2.1.3 */
  #nextByFrameNum(header: SliceHeader, sps: Sps): number {
    const { frameNum, refIdc } = header;
    let offset = header.idr ? 0 : this.#prevFrameNumOffset;
    if (!header.idr && this.#prevFrameNum > frameNum) offset += 2 ** sps.log2MaxFrameNum;
    this.#prevFrameNum = frameNum;
    this.#prevFrameNumOffset = offset;
    if (sps.picOrderCnt.type === 1) return orderInCycle(header, sps.picOrderCnt, offset + frameNum);
    return header.idr ? 0 : 2 * (offset + frameNum) - (refIdc === 0 ? 1 : 0);
  }
}

function orderInCycle(header: SliceHeader, cycle: TypeOne, frameNumWithOffset: number): number {
  const { offsetsForRefFrame, offsetForNonRefPic, offsetForTopToBottomField } = cycle;
  const frames = offsetsForRefFrame.length;
  let absFrameNum = frames === 0 ? 0 : frameNumWithOffset;
  if (header.refIdc === 0 && absFrameNum > 0) absFrameNum--;
  let expected = header.refIdc === 0 ? offsetForNonRefPic : 0;
  if (absFrameNum > 0) {
    const cycles = Math.floor((absFrameNum - 1) / frames);
    const inCycle = (absFrameNum - 1) % frames;
    expected += cycles * sum(offsetsForRefFrame) + sum(offsetsForRefFrame.slice(0, inCycle + 1));
  }
  const [delta, deltaBottom] = header.deltaPicOrderCnt;
  const top = expected + delta;
  if (header.field) return header.bottomField ? top + offsetForTopToBottomField : top;
  return Math.min(top, top + offsetForTopToBottomField + deltaBottom);
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
