import { type Micros, micros, type Ticks90k, ticks90k, ticksToMicros } from '@pinhole/core';
import { FMP4_TRACK_ID, parseFragment } from '@pinhole/media/fmp4';

/** A picture on the time line of the footage. */
export interface FootageFrame {
  /** When it is shown, in ticks from the origin. */
  readonly at: Ticks90k;
  readonly key: boolean;
}

/** Half a second of pictures or so, as it is appended. */
export interface FootageFragment {
  readonly bytes: Uint8Array;
  /** When its first picture is decoded. */
  readonly start: Ticks90k;
  /** When the one behind its last would be decoded. */
  readonly end: Ticks90k;
  /** Decoding can start with it. */
  readonly key: boolean;
  /** In the order of showing; one at least. */
  readonly frames: readonly FootageFrame[];
  /** What, added to a time on the time line, gives when the picture there was captured, UTC. */
  readonly zero: Micros;
}

/**
 * Reads what is in a fragment.
 * @returns nothing for one without pictures
 * @throws {MalformedError} `fmp4/*`
 */
export function readFootageFragment(
  bytes: Uint8Array,
  { origin }: { readonly origin: Micros },
): FootageFragment | undefined {
  const { runs, producerTime } = parseFragment(bytes);
  const samples = runs.find(({ trackId }) => trackId === FMP4_TRACK_ID)?.samples ?? [];
  const [first, last] = [samples[0], samples.at(-1)];
  if (first === undefined || last === undefined) return undefined;
  const zero =
    producerTime === undefined
      ? origin
      : micros(producerTime.captureTime - ticksToMicros(ticks90k(producerTime.mediaTime)));
  return {
    bytes,
    start: ticks90k(first.decodeTime),
    end: ticks90k(last.decodeTime + last.durationTicks),
    key: first.key,
    frames: samples
      .map(({ decodeTime, compositionOffsetTicks, key }) => ({
        at: ticks90k(decodeTime + compositionOffsetTicks),
        key,
      }))
      .toSorted((a, b) => a.at - b.at),
    zero,
  };
}

/** How long a picture of a fragment lasts, on average. */
export const frameTicks = ({ start, end, frames }: FootageFragment): number => (end - start) / frames.length;
