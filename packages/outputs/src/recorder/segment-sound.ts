import { type Micros, micros } from '@pinhole/core';
import type { AudioFrame, AudioParameters } from '@pinhole/engine';
import { FMP4_AUDIO_TRACK_ID, type TrackRun, type TrackSample } from '@pinhole/media/fmp4';

/** Sound may be off its place by so much before it is moved: less than anybody hears against a picture. */
const TOLERANCE = micros(40_000);

/** Sound that waits for a picture to be written with is let go beyond this. */
const LONGEST_WAIT = micros(30_000_000);

interface PlacedFrame {
  readonly data: Uint8Array;
  readonly durationTicks: number;
}

/**
 * The sound of one file on its way into fragments. Frames follow one another without a gap as they were coded; where the
 * source left some out, the frame before lasts longer, and one that lies over what is written already is left out.
 */
export class SegmentSound {
  readonly parameters: AudioParameters;
  #waiting: PlacedFrame[] = [];
  #bytes = 0;
  #startTicks = 0;
  #endTicks: number | undefined;
  #dropped = 0;

  constructor(parameters: AudioParameters) {
    this.parameters = parameters;
  }

  /** Bytes that wait for a fragment. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Frames left out: they lay over others, or no picture came for half a minute. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Where the last frame ends, in ticks of the track; 0 before the first. */
  get endTicks(): number {
    return this.#endTicks ?? 0;
  }

  /** Takes a frame whose first sample lies at `position` of the file, 0 or more. */
  push(frame: AudioFrame, position: Micros): void {
    const { sampleRate } = this.parameters;
    const ticksOf = (time: number): number => Math.round((time * sampleRate) / 1e6);
    const wanted = ticksOf(position);
    const tolerance = ticksOf(TOLERANCE);
    const durationTicks = Math.max(1, ticksOf(frame.duration));
    const expected = this.#endTicks ?? wanted;
    const waited = this.#waiting.length > 0 ? expected - this.#startTicks : 0;
    if (wanted < expected - tolerance || waited > ticksOf(LONGEST_WAIT)) {
      this.#dropped++;
      return;
    }
    let start = expected;
    if (wanted > expected + tolerance) {
      start = wanted;
      this.#stretch(wanted - expected);
    }
    if (this.#waiting.length === 0) this.#startTicks = start;
    this.#waiting.push({ data: frame.data, durationTicks });
    this.#bytes += frame.data.byteLength;
    this.#endTicks = start + durationTicks;
  }

  /** What waits, as a run of a fragment; undefined when nothing does. */
  take(): TrackRun | undefined {
    if (this.#waiting.length === 0) return undefined;
    const samples = this.#waiting.map(
      ({ data, durationTicks }): TrackSample => ({
        parts: [data],
        lengths: 'none',
        durationTicks,
        compositionOffsetTicks: 0,
        key: true,
      }),
    );
    this.#waiting = [];
    this.#bytes = 0;
    return { trackId: FMP4_AUDIO_TRACK_ID, baseDecodeTime: this.#startTicks, samples };
  }

  #stretch(ticks: number): void {
    const last = this.#waiting.pop();
    // Across fragments nothing needs to be stretched: the next one tells where it begins.
    if (last !== undefined) this.#waiting.push({ ...last, durationTicks: last.durationTicks + ticks });
  }
}
