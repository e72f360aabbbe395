import type { Micros } from '@pinhole/core';
import type { StreamParameters } from './stream-parameters.ts';

/**
 * One coded picture, as a source hands it over.
 *
 * Ownership: nobody changes `data` once it was handed over, the source does not use its memory again, and caches and
 * sinks keep views of it as long as they like.
 */
export interface AccessUnit {
  /** Annex B byte stream (H.264 Annex B), one whole picture. */
  readonly data: Uint8Array;
  /** Decoding can start here: an IDR picture. */
  readonly key: boolean;
  /** When light hit the sensor as well as the source knows it, else when the last byte came; UTC. */
  readonly captureTime: Micros;
  /** When to show it, on the source's own time line; differences count, the origin does not. */
  readonly pts: Micros;
  /** When to decode it, same origin as `pts`; never falls from one unit to the next of one source. */
  readonly dts: Micros;
  /** Counts up by one a unit, in decoding order. A jump says that the source lost pictures. */
  readonly sequence: number;
}

/** An access unit after the stream has looked at it once, for all sinks. */
export interface StreamUnit extends AccessUnit {
  /** Annex B; a key unit starts with the parameter sets in force, the SPS rewritten for low delay where that is right. */
  readonly data: Uint8Array;
  /** The NAL units of `data` without start codes, views into it; delimiters and filler are left out. */
  readonly nalUnits: readonly Uint8Array[];
  /** No other picture needs this one (`nal_ref_idc` is 0 in all its slices). */
  readonly droppable: boolean;
  /** The parameter sets this picture is decoded with; the same object until they change. */
  readonly parameters: StreamParameters;
}
