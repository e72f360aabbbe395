import type { SlotReaderCounters } from '@pinhole/native';

/** What the source did since it was made. `frames` are all that were taken out of the slot. */
export interface UstreamerCounters extends SlotReaderCounters {
  /** Slots opened: one more whenever µStreamer started anew. */
  readonly opened: number;
  /** Handed on as H.264. */
  readonly units: number;
  /** Handed on as JPEG. */
  readonly pictures: number;
  /** Those among them that µStreamer sends while there is no signal. */
  readonly placeholders: number;
  /** Left out: no picture in them. */
  readonly withoutPicture: number;
  /** Left out: key pictures before the first parameter sets. */
  readonly withoutParameterSets: number;
  /** Left out after a loss, until the next key picture. */
  readonly untilKey: number;
  /** Left out: neither H.264 nor JPEG. */
  readonly foreign: number;
  /** Left out: a header that makes no sense. */
  readonly malformed: number;
  /** Times that no frame came for too long. */
  readonly stalls: number;
}
