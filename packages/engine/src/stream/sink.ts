import type { StreamUnit } from './access-unit.ts';
import type { AudioFrame } from './audio-frame.ts';

/** How one unit reaches one sink. */
export interface Delivery {
  /** Units were left out before this one; it is a key unit. */
  readonly discontinuity: boolean;
  /** Older than the live edge, replayed from the cache for a newcomer: decode it, do not show it for its time. */
  readonly catchUp: boolean;
}

/** Where a stream's units go: one viewer, one recorder. */
export interface AccessUnitSink {
  /**
   * 0 when idle, 1 when full. At 1 the stream leaves units out until a key unit comes and the sink has room again;
   * the sink is never waited for.
   */
  readonly pressure: number;
  /** Takes a unit. Returns at once; never throws. */
  write(unit: StreamUnit, delivery: Delivery): void;
  /** Takes a frame of sound, as it comes; nothing is cached for newcomers. Absent where sound has no use. */
  writeAudio?(frame: AudioFrame): void;
}

/** What became of the units meant for one sink. */
export interface ReaderCounters {
  /** Units handed over. */
  readonly written: number;
  /** Units left out because the sink was full. */
  readonly droppedBusy: number;
  /** Units left out while waiting for a key unit. */
  readonly droppedUntilKey: number;
}

/** One sink's place in a stream. */
export interface StreamReader {
  readonly counters: ReaderCounters;
  /** Takes units again after `pause`, from the cached GOP or the next key unit. */
  resume(): void;
  /** Takes no unit until `resume`: a hidden page. */
  pause(): void;
  /** Ends it; the sink gets nothing more. May be called again. */
  detach(): void;
}
