import { type Micros, micros, microsToTicks, type Ticks90k, ticks90k } from '@pinhole/core';
import type { AudioFrame, AudioParameters, StreamUnit } from '@pinhole/engine';
import {
  FMP4_TRACK_ID,
  movieFragmentRandomAccess,
  type Patch,
  type RandomAccessPoint,
  type RecordingHeader,
  recordingFragment,
  recordingHeader,
  type TrackSample,
} from '@pinhole/media/fmp4';
import { NAL_TYPE, nalType } from '@pinhole/media/h264';
import { isGap } from './segment-cut.ts';
import { SegmentSound } from './segment-sound.ts';
import { SegmentTimeline } from './segment-timeline.ts';

/** What one file is made with. */
export interface SegmentMuxerOptions {
  /** Its first unit, a key unit; it is to be pushed too. */
  readonly first: StreamUnit;
  /** The sound that is known to go with it. Sound that comes before the first fragment is written is taken in as well. */
  readonly audio?: AudioParameters | undefined;
  /** Kept in the file; see `recordingHeader`. */
  readonly note?: Uint8Array;
  /** A fragment lasts no longer, unless a single picture does. */
  readonly fragment: Micros;
}

/** Bytes to be written behind what was written before. */
export interface SegmentChunk {
  readonly bytes: Uint8Array;
  /** Pictures in it. */
  readonly units: number;
}

/** What closes a file. */
export interface SegmentEnd {
  readonly chunks: readonly SegmentChunk[];
  readonly patches: readonly Patch[];
  readonly duration: Micros;
}

interface PlacedUnit {
  readonly unit: StreamUnit;
  readonly position: Micros;
}

/** A fragment is written when so much waits, however short it is. */
const LARGEST_FRAGMENT_BYTES = 4 * 2 ** 20;

/** Not in samples of `avc1`: the header has the parameter sets, and others begin another file. */
const IN_HEADER: ReadonlySet<number> = new Set([NAL_TYPE.sps, NAL_TYPE.pps, NAL_TYPE.spsExtension]);

/**
 * Units and sound of one file to the bytes of it, as our readers rely on them: a header, then fragments of at most half a
 * second, each with the capture time of its first picture; each key unit begins one. A picture is written when the next
 * one is known, so that it lasts as long as it really did; over a short gap it stands, after a long one the next fragment
 * begins where it belongs.
 */
export class SegmentMuxer {
  readonly #options: SegmentMuxerOptions;
  readonly #timeline: SegmentTimeline;
  readonly #points: RandomAccessPoint[] = [];
  #header: RecordingHeader | undefined;
  #sound: SegmentSound | undefined;
  #held: PlacedUnit | undefined;
  #waiting: (PlacedUnit & { readonly duration: Micros })[] = [];
  #waitingBytes = 0;
  #sequenceNumber = 0;
  #offset = 0;

  constructor(options: SegmentMuxerOptions) {
    this.#options = options;
    this.#timeline = new SegmentTimeline(options.first);
    if (options.audio !== undefined) this.#sound = new SegmentSound(options.audio);
  }

  /** Bytes of the file so far. */
  get bytes(): number {
    return this.#offset;
  }

  /** Bytes that wait for their fragment to be written. */
  get waitingBytes(): number {
    return this.#waitingBytes + (this.#held?.unit.data.byteLength ?? 0) + (this.#sound?.bytes ?? 0);
  }

  /** Pictures that wait for their fragment to be written. */
  get waitingUnits(): number {
    return this.#waiting.length + (this.#held === undefined ? 0 : 1);
  }

  /** Frames of sound left out; see `SegmentSound`. */
  get soundDropped(): number {
    return this.#sound?.dropped ?? 0;
  }

  /** How the sound of this file is coded. */
  get audio(): AudioParameters | undefined {
    return this.#sound?.parameters;
  }

  /** Takes the next unit. @returns what is to be written now */
  push(unit: StreamUnit, interval: Micros): readonly SegmentChunk[] {
    const before = this.#held?.position;
    const position = before === undefined ? micros(0) : this.#timeline.place(unit, interval);
    const gap = before !== undefined && isGap(micros(position - before), interval);
    // Where pictures are missing for long the time line has a hole: the one before is not shown for all that time.
    this.#release(gap ? micros(before + interval) : position);
    const [oldest] = this.#waiting;
    const full =
      oldest !== undefined &&
      (unit.key ||
        gap ||
        position - oldest.position >= this.#options.fragment ||
        this.#waitingBytes > LARGEST_FRAGMENT_BYTES);
    const chunks = full ? this.#fragment() : [];
    this.#held = { unit, position };
    return chunks;
  }

  /**
   * Takes a frame of sound.
   * @returns `early` when it belongs to a file before, `unfit` when this file has no track for it
   */
  pushAudio(frame: AudioFrame): 'taken' | 'early' | 'unfit' {
    const position = this.#timeline.positionOf(frame.pts);
    if (position < 0) return 'early';
    if (this.#sound === undefined && this.#header === undefined)
      this.#sound = new SegmentSound(frame.parameters);
    if (this.#sound === undefined || !sameSound(this.#sound.parameters, frame.parameters)) return 'unfit';
    this.#sound.push(frame, position);
    return 'taken';
  }

  /** What can be written although no unit came for a while: all but the newest picture. */
  flush(): readonly SegmentChunk[] {
    return this.#waiting.length > 0 ? this.#fragment() : [];
  }

  /**
   * Ends the file.
   * @param next the unit that begins the next file without a gap, or the usual interval when there is none
   */
  finish(next: StreamUnit | undefined, interval: Micros): SegmentEnd {
    if (this.#held === undefined) throw new Error('a segment without a unit');
    const end =
      next === undefined ? micros(this.#held.position + interval) : this.#timeline.place(next, interval);
    this.#release(end);
    const chunks = this.#fragment();
    const randomAccess = movieFragmentRandomAccess(this.#points);
    this.#offset += randomAccess.byteLength;
    const audio = this.#sound && soundEnd(this.#sound);
    const patches =
      this.#header?.durationPatches({
        video: microsToTicks(end),
        ...(audio !== undefined && { audio }),
      }) ?? [];
    return { chunks: [...chunks, { bytes: randomAccess, units: 0 }], patches, duration: end };
  }

  /** The picture that waited lasts until `position`. */
  #release(position: Micros): void {
    if (this.#held === undefined) return;
    const { unit, position: from } = this.#held;
    this.#waiting.push({ ...this.#held, duration: micros(position - from) });
    this.#waitingBytes += unit.data.byteLength;
    this.#held = undefined;
  }

  #fragment(): readonly SegmentChunk[] {
    const [first] = this.#waiting;
    if (first === undefined) return [];
    const header = this.#writeHeader();
    const sound = this.#sound?.take();
    const start = ticksAt(first.position);
    const shift = microsToTicks(micros(first.unit.pts - first.unit.dts));
    this.#sequenceNumber++;
    const { bytes, moofOffset } = recordingFragment({
      sequenceNumber: this.#sequenceNumber,
      producerTime: {
        trackId: FMP4_TRACK_ID,
        captureTime: first.unit.captureTime,
        mediaTime: Math.max(0, start + shift),
      },
      runs: [
        { trackId: FMP4_TRACK_ID, baseDecodeTime: start, samples: this.#waiting.map(sampleOf) },
        ...(sound === undefined ? [] : [sound]),
      ],
    });
    if (first.unit.key) {
      this.#points.push({ time: Math.max(0, start + shift), moofOffset: this.#offset + moofOffset });
    }
    this.#offset += bytes.byteLength;
    const units = this.#waiting.length;
    this.#waiting = [];
    this.#waitingBytes = 0;
    return [...header, { bytes, units }];
  }

  #writeHeader(): readonly SegmentChunk[] {
    if (this.#header !== undefined) return [];
    const { first, note } = this.#options;
    const audio = this.#sound?.parameters;
    this.#header = recordingHeader({
      ...first.parameters,
      ...(audio !== undefined && { audio }),
      ...(note !== undefined && { note }),
    });
    this.#offset += this.#header.bytes.byteLength;
    return [{ bytes: this.#header.bytes, units: 0 }];
  }
}

const ticksAt = (position: Micros): Ticks90k => microsToTicks(position);

const soundEnd = (sound: SegmentSound): Ticks90k =>
  ticks90k(Math.round((sound.endTicks * 90_000) / sound.parameters.sampleRate));

function sampleOf({ unit, position, duration }: PlacedUnit & { readonly duration: Micros }): TrackSample {
  // From rounded end to rounded start, so that no rounding adds up.
  const durationTicks = ticksAt(micros(position + duration)) - ticksAt(position);
  return {
    parts: unit.nalUnits.filter((nal) => nal.byteLength > 0 && !IN_HEADER.has(nalType(nal))),
    lengths: 'before-each',
    durationTicks,
    compositionOffsetTicks: microsToTicks(micros(unit.pts - unit.dts)),
    key: unit.key,
  };
}

/** Whether frames of the one can go into a track of the other. */
function sameSound(a: AudioParameters, b: AudioParameters): boolean {
  if (a === b) return true;
  if (a.codec !== b.codec || a.sampleRate !== b.sampleRate || a.channels !== b.channels) return false;
  const [one, other] = [a.config ?? new Uint8Array(), b.config ?? new Uint8Array()];
  return one.byteLength === other.byteLength && one.every((byte, index) => byte === other[index]);
}
