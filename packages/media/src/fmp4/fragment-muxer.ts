import { type Micros, micros, microsToTicks, type Ticks90k, ticks90k } from '@pinhole/core';
import { FrameIntervalEstimator } from './frame-interval.ts';
import { mediaFragment } from './media-fragment.ts';

/** One access unit to be muxed; a unit of a stream fits. */
export interface MuxerUnit {
  /** Without start codes. */
  readonly nalUnits: readonly Uint8Array[];
  readonly key: boolean;
  /** When to show it; same origin as `dts`. */
  readonly pts: Micros;
  /** When to decode it. */
  readonly dts: Micros;
}

/** One unit as a fragment of its own. */
export interface MuxedFragment {
  /** moof and mdat. */
  readonly bytes: Uint8Array;
  /** When it is shown, on the time line of the fragments: `currentTime` × 90 000. */
  readonly presentationTime: Ticks90k;
  readonly decodeTime: Ticks90k;
  readonly durationTicks: number;
}

/** How a muxer lays out time. */
export interface FragmentMuxerOptions {
  /** The frame interval before two frames have told the real one. */
  readonly firstInterval?: Micros;
  /** A longer pause in `dts`, or a step back, begins a new time line, put right behind the old one. */
  readonly maxPause?: Micros;
  /** As in `MediaFragmentOptions`; left out unless told otherwise. */
  readonly parameterSets?: 'left-out' | 'kept';
}

/** What a muxer had to mend. */
export interface FragmentMuxerCounters {
  readonly fragments: number;
  /** Times the units' time line broke: a step back or a pause beyond the limit. */
  readonly timelineBreaks: number;
}

/** The share of the lag that one frame makes up for. */
const LAG_SHARE = 16;

/**
 * Turns access units into fragments one at a time: each comes out at once, none waits for the next frame.
 *
 * When a fragment is written, how long its frame lasts is not known yet. The policy:
 *
 * - Presentation times are exact, each rounded once from the unit's own `pts` against one origin. So nothing drifts,
 *   however long it runs and whatever the frame rate.
 * - Decode times are gapless: a fragment's decode time is that of the one before plus its duration. When they jump by
 *   more than two durations, as real ones do at each hiccup of a camera, a SourceBuffer drops frames up to the next key
 *   frame (MSE, coded frame processing, step 6; Chromium then stands still before the hole).
 * - A duration is the usual interval of late, plus a sixteenth of what the decode times lag behind the units' `dts` (or
 *   less, where they lead). So a wrong guess shrinks with each frame and no error adds up, and one late frame does not
 *   make its successor claim a second of the buffer. The composition offset takes up the difference; it may be
 *   negative.
 *
 * Who can afford to wait for the next frame, as a recorder can, gives `mediaFragment` the true durations instead.
 *
 * The first unit is decoded at 0. After a size change the caller sends another init segment; the muxer goes on.
 */
export class FragmentMuxer {
  readonly #maxPause: Micros;
  readonly #interval: FrameIntervalEstimator;
  readonly #parameterSets: 'left-out' | 'kept';
  #sequenceNumber = 0;
  #timelineBreaks = 0;
  /** The `dts` that lies at `#originTicks` on the fragments' time line. */
  #origin: Micros | undefined;
  #originTicks = 0;
  #lastDts = micros(0);
  #nextDecodeTicks = 0;

  constructor(options: FragmentMuxerOptions = {}) {
    const { firstInterval = micros(33_333), maxPause = micros(10_000_000) } = options;
    this.#parameterSets = options.parameterSets ?? 'left-out';
    this.#interval = new FrameIntervalEstimator(microsToTicks(firstInterval));
    this.#maxPause = maxPause;
  }

  /** A copy of the counts so far. */
  get counters(): FragmentMuxerCounters {
    return { fragments: this.#sequenceNumber, timelineBreaks: this.#timelineBreaks };
  }

  /** Writes one unit as a fragment. Its bytes are copied; the unit may be freed. */
  push({ nalUnits, key, pts, dts }: MuxerUnit): MuxedFragment {
    const origin = this.#follow(dts);
    const decodeTicks = this.#nextDecodeTicks;
    const wantedTicks = this.#originTicks + microsToTicks(micros(dts - origin));
    const presentationTicks = Math.max(0, this.#originTicks + microsToTicks(micros(pts - origin)));
    const lagTicks = wantedTicks - decodeTicks;
    const durationTicks = Math.max(1, this.#interval.ticks + Math.round(lagTicks / LAG_SHARE));
    this.#nextDecodeTicks = decodeTicks + durationTicks;
    this.#sequenceNumber++;
    const bytes = mediaFragment({
      parameterSets: this.#parameterSets,
      sequenceNumber: this.#sequenceNumber,
      baseDecodeTime: ticks90k(decodeTicks),
      samples: [{ nalUnits, key, durationTicks, compositionOffsetTicks: presentationTicks - decodeTicks }],
    });
    return {
      bytes,
      presentationTime: ticks90k(presentationTicks),
      decodeTime: ticks90k(decodeTicks),
      durationTicks,
    };
  }

  /** @returns the origin of `dts`, moved when the time line broke before it. */
  #follow(dts: Micros): Micros {
    const interval = dts - this.#lastDts;
    if (this.#origin === undefined) {
      this.#origin = dts;
    } else if (interval < 0 || interval > this.#maxPause) {
      this.#timelineBreaks++;
      this.#origin = dts;
      this.#originTicks = this.#nextDecodeTicks;
    } else {
      this.#interval.add(microsToTicks(micros(interval)));
    }
    this.#lastDts = dts;
    return this.#origin;
  }
}
