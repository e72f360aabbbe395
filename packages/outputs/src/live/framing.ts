import type { StreamUnit } from '@pinhole/engine';
import { joinAnnexB, NAL_TYPE, nalType } from '@pinhole/media/h264';
import { type LiveFrameHeader, serializeLiveFrame, serializeLiveHeader } from '@pinhole/protocol/live';

/** What differs from viewer to viewer of the same unit. */
export interface FrameFlags {
  readonly discontinuity: boolean;
  readonly configChanged: boolean;
  readonly catchUp: boolean;
}

/** A binary message in one piece, or in the pieces that make it up. */
export type FramePieces = readonly [Uint8Array] | readonly [header: Uint8Array, payload: Uint8Array];

/** How units become binary messages. */
export interface Framing {
  /** The message for one viewer. Its pieces are shared: nobody changes them. */
  frame(unit: StreamUnit, flags: FrameFlags): FramePieces;
}

/**
 * The binary messages of `pinhole.live.v1`. A unit at the live edge becomes one message, made once for all viewers. Where
 * flags are set for one viewer alone, the header is that viewer's own and the payload goes beside it uncopied.
 */
export class LiveFraming implements Framing {
  #last: { readonly unit: StreamUnit; readonly pieces: FramePieces } | undefined;

  frame(unit: StreamUnit, flags: FrameFlags): FramePieces {
    if (flags.discontinuity || flags.configChanged || flags.catchUp) {
      return [serializeLiveHeader(headerOf(unit, flags)), unit.data];
    }
    if (this.#last?.unit !== unit) {
      const message = serializeLiveFrame({ ...headerOf(unit, flags), payload: unit.data });
      this.#last = { unit, pieces: [message] };
    }
    return this.#last.pieces;
  }
}

/**
 * Each unit as the NAL units that a decoder needs, with start codes of four bytes: `[SPS][PPS][IDR slices]` for a key
 * unit, `[slices]` for another. No delimiter, no SEI: simple readers take each message for a picture of its own.
 */
export class AnnexBFraming implements Framing {
  #last: { readonly unit: StreamUnit; readonly pieces: FramePieces } | undefined;

  frame(unit: StreamUnit): FramePieces {
    if (this.#last?.unit !== unit) {
      this.#last = { unit, pieces: [joinAnnexB(unit.nalUnits.filter((nal) => isForDecoders(nal)))] };
    }
    return this.#last.pieces;
  }
}

const isForDecoders = (nal: Uint8Array): boolean => {
  const type = nalType(nal);
  const slice = type >= NAL_TYPE.slice && type <= NAL_TYPE.idr;
  return slice || type === NAL_TYPE.sps || type === NAL_TYPE.pps;
};

const headerOf = (unit: StreamUnit, flags: FrameFlags): LiveFrameHeader => ({
  type: 'video',
  key: unit.key,
  ...flags,
  droppable: unit.droppable,
  track: 0,
  sequence: unit.sequence,
  pts: unit.pts,
  captureTime: unit.captureTime,
});
