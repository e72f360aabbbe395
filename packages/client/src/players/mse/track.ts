import type { Micros } from '@pinhole/core';
import { ticksToMicros } from '@pinhole/core';
import { FragmentMuxer, initSegment } from '@pinhole/media/fmp4';
import { codecString, NAL_TYPE, nalType, nalUnits, parseSps } from '@pinhole/media/h264';
import type { LiveFrame } from '@pinhole/protocol/live';
import { DecodeTimes } from './decode-times.ts';

/** What a unit becomes. */
export interface TrackSegments {
  /** Goes before `fragment`: parameters or size changed. */
  readonly init?: { readonly bytes: Uint8Array; readonly codec: string };
  readonly fragment: Uint8Array;
  /** When the element shows the picture, on its own time line. */
  readonly mediaTime: Micros;
}

/** Where an encoder with B-frames does not say how many pictures it reorders: what x264 does by default. */
const USUAL_REORDER_DEPTH = 2;
/** A longer pause is left out of the time line; a shorter one is a slow camera. */
const MAX_PAUSE_US = 1_500_000;

/** Turns access units into the segments of one MSE track, whose time line has no gap. */
export class Track {
  readonly #muxer = new FragmentMuxer({ maxPause: MAX_PAUSE_US as Micros });
  #decodeTimes = new DecodeTimes({ reorderDepth: 0 });
  #parameters: readonly Uint8Array[] = [];
  #initNeeded = true;

  /** The next key unit gets an init segment, whether anything changed or not. */
  restart(): void {
    this.#initNeeded = true;
  }

  /**
   * Takes the next unit in decoding order.
   * @throws {MalformedError} `h264/*` when a key unit's parameter sets cannot be read
   */
  push(frame: LiveFrame, options: { readonly bFrames: boolean }): TrackSegments {
    const nals = [...nalUnits(frame.payload)];
    const init = frame.key ? this.#init(nals, options) : undefined;
    const { key, pts } = frame;
    const muxed = this.#muxer.push({ nalUnits: nals, key, pts, dts: this.#decodeTimes.next(pts) });
    return {
      fragment: muxed.bytes,
      mediaTime: ticksToMicros(muxed.presentationTime),
      ...(init === undefined ? {} : { init }),
    };
  }

  #init(nals: readonly Uint8Array[], { bFrames }: { readonly bFrames: boolean }): TrackSegments['init'] {
    const sps = nals.find((nal) => nalType(nal) === NAL_TYPE.sps);
    const pps = nals.filter((nal) => nalType(nal) === NAL_TYPE.pps);
    if (sps === undefined) return undefined;
    const parameters = [sps, ...pps];
    if (!this.#initNeeded && sameBytes(parameters, this.#parameters)) return undefined;
    this.#initNeeded = false;
    this.#parameters = parameters.map((nal) => nal.slice());
    const parsed = parseSps(sps);
    const reorderDepth = bFrames ? (parsed.maxNumReorderFrames ?? USUAL_REORDER_DEPTH) : 0;
    this.#decodeTimes = new DecodeTimes({ reorderDepth });
    const { width, height } = parsed;
    return { bytes: initSegment({ sps, pps, width, height }), codec: codecString(parsed) };
  }
}

const sameBytes = (a: readonly Uint8Array[], b: readonly Uint8Array[]): boolean =>
  a.length === b.length && a.every((bytes, i) => bytes.toString() === b[i]?.toString());
