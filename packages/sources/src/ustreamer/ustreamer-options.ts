import type { Logger, Millis } from '@pinhole/core';
import type { SourceClock } from '../clock.ts';
import type { TranscoderTuning } from '../transcoder.ts';

/** Which slot is read, and how. */
export interface UstreamerSourceOptions {
  /** As µStreamer's `--h264-sink` or `--jpeg-sink` has it, e.g. `demo::ustreamer::h264`. */
  readonly name: string;
  /** How often the slot is looked at, 100 to 1 000 000 microseconds. Default 1000. */
  readonly pollMicros?: number;
  /** Without a frame for so long the source says why. Default 5 s. */
  readonly stallMs?: Millis;
  /** Waits between tries to open it. */
  readonly retry?: { readonly firstMs: Millis; readonly maxMs: Millis };
  /** How H.264 is made of the pictures of a JPEG slot. */
  readonly encoder?: TranscoderTuning;
  readonly log?: Logger;
  readonly clock?: SourceClock;
}
