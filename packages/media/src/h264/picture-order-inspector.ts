import { MalformedError } from '@pinhole/core';
import { isPictureType, NAL_TYPE, nalType } from './nal-type.ts';
import { ParameterSets } from './parameter-sets.ts';
import { PictureOrderCount } from './picture-order-count.ts';
import { parseRecoveryPoint, type RecoveryPoint } from './sei.ts';
import { parseSliceStart, type SliceHeader, type SliceType } from './slice-header.ts';
import type { Sps } from './sps.ts';

/**
 * How decoding can start at a picture. `recovery-point`: not IDR, but an SEI message says that right pictures follow
 * (intra refresh, open GOP). `intra`: only I slices and nobody's promise.
 */
export type PictureEntry = 'idr' | 'recovery-point' | 'intra';

/** What one access unit turned out to be. */
export interface PictureReport {
  readonly entry?: PictureEntry;
  readonly recoveryPoint?: RecoveryPoint;
  /** It has B slices. That alone does not mean that order changes. */
  readonly bSlices: boolean;
  /** Picture order count; `undefined` when its slices could not be read. */
  readonly order?: number;
  /** It is shown before a picture that came earlier. */
  readonly outOfOrder: boolean;
  /** It is shown before the entry that it follows, and may need pictures from before it. */
  readonly leading: boolean;
  /** Size and other parameters it is decoded with. */
  readonly sps?: Sps;
  /** Its size differs from that of the picture before. */
  readonly sizeChanged: boolean;
  /** NAL units that could not be read. */
  readonly unreadable: number;
}

/**
 * Looks at the access units of a stream in decoding order for what players have to know: B-frames, open GOPs, joinable
 * pictures, size changes. What it cannot read it counts and passes over; never throws.
 */
export class PictureOrderInspector {
  readonly #sets = new ParameterSets();
  readonly #count = new PictureOrderCount();
  #latestOrder = Number.NEGATIVE_INFINITY;
  #entryOrder = Number.NEGATIVE_INFINITY;
  #size: Pick<Sps, 'width' | 'height'> | undefined;
  #pictures = 0;
  #bSlices = false;
  #reordered = false;
  #openGop = false;

  /** Pictures whose order could be read. */
  get pictures(): number {
    return this.#pictures;
  }

  /** B slices were seen. */
  get bSlices(): boolean {
    return this.#bSlices;
  }

  /** Pictures came in another order than they are shown: B-frames as WebRTC cannot play them. */
  get reordered(): boolean {
    return this.#reordered;
  }

  /** Pictures followed an entry that is not IDR and are shown before it: who joins there must leave them out. */
  get openGop(): boolean {
    return this.#openGop;
  }

  /** Takes the NAL units of the next access unit, without start codes. */
  inspect(nals: Iterable<Uint8Array>): PictureReport {
    let unreadable = 0;
    let recoveryPoint: RecoveryPoint | undefined;
    let first: { readonly header: SliceHeader; readonly sps: Sps } | undefined;
    const sliceTypes = new Set<SliceType>();
    for (const nal of nals) {
      try {
        const type = nalType(nal);
        this.#sets.add(nal);
        if (type === NAL_TYPE.sei) recoveryPoint ??= parseRecoveryPoint(nal);
        if (!isPictureType(type) || type === NAL_TYPE.partitionB || type === NAL_TYPE.partitionC) continue;
        sliceTypes.add(parseSliceStart(nal).sliceType);
        first ??= this.#sets.readSlice(nal);
      } catch (thrown) {
        if (!(thrown instanceof MalformedError)) throw thrown;
        unreadable++;
      }
    }
    const bSlices = sliceTypes.has('B');
    this.#bSlices ||= bSlices;
    const seen = { bSlices, unreadable, ...(recoveryPoint && { recoveryPoint }) };
    if (!first) return { ...seen, outOfOrder: false, leading: false, sizeChanged: false };

    const { header, sps } = first;
    const entry = entryOf(header, { recoveryPoint, sliceTypes });
    return {
      ...seen,
      ...(entry && { entry }),
      ...this.#place(header, sps, entry),
      sps,
      sizeChanged: this.#noteSize(sps),
    };
  }

  #place(
    header: SliceHeader,
    sps: Sps,
    entry: PictureEntry | undefined,
  ): Pick<PictureReport, 'outOfOrder' | 'leading'> & { readonly order: number } {
    const order = this.#count.next(header, sps);
    this.#pictures++;
    if (header.idr || header.resetsOrder) {
      // Counts start anew: after a reset the picture itself counts as 0 or little above.
      this.#latestOrder = header.idr ? order : 0;
      this.#entryOrder = Number.NEGATIVE_INFINITY;
      return { order, outOfOrder: false, leading: false };
    }
    const outOfOrder = order < this.#latestOrder;
    const leading = order < this.#entryOrder && entry === undefined;
    this.#latestOrder = Math.max(this.#latestOrder, order);
    if (entry !== undefined) this.#entryOrder = order;
    this.#reordered ||= outOfOrder;
    this.#openGop ||= leading;
    return { order, outOfOrder, leading };
  }

  #noteSize({ width, height }: Sps): boolean {
    const before = this.#size;
    this.#size = { width, height };
    return before !== undefined && (before.width !== width || before.height !== height);
  }
}

function entryOf(
  header: SliceHeader,
  {
    recoveryPoint,
    sliceTypes,
  }: { readonly recoveryPoint: RecoveryPoint | undefined; readonly sliceTypes: ReadonlySet<SliceType> },
): PictureEntry | undefined {
  if (header.idr) return 'idr';
  if (recoveryPoint) return 'recovery-point';
  return [...sliceTypes].every((type) => type === 'I' || type === 'SI') ? 'intra' : undefined;
}
