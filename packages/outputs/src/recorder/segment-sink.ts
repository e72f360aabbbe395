import { type Micros, micros } from '@pinhole/core';
import type { AccessUnitSink, AudioFrame, AudioParameters, StreamUnit } from '@pinhole/engine';
import type { RecordingNames } from './recording-name.ts';
import {
  boundaryAfter,
  type CutReason,
  cutBefore,
  elapsedBetween,
  isGap,
  type OpenSegment,
} from './segment-cut.ts';
import { type SegmentChunk, SegmentMuxer } from './segment-muxer.ts';
import type { SegmentBeginning, SegmentQueue } from './segment-queue.ts';
import { PictureInterval } from './segment-timeline.ts';

/** What a sink is made with. */
export interface SegmentSinkOptions {
  readonly queue: SegmentQueue;
  readonly names: RecordingNames;
  /** How much may wait for the disk. */
  readonly queueBytes: number;
  /** Length of a segment; files end at multiples of it on the wall clock. Infinity: they end when the sink is closed. */
  readonly segment: Micros;
  /** A fragment lasts no longer. */
  readonly fragment: Micros;
  /** UTC microseconds that never step back. */
  readonly now: () => Micros;
  /** What a file that begins now keeps with it. */
  readonly note: () => Uint8Array;
  readonly requestKeyFrame: () => void;
}

/** What happened since the sink was made. */
export interface SegmentSinkCounters {
  /** Pictures taken in. */
  readonly units: number;
  /** Pictures left out because no key unit had come. */
  readonly droppedUntilKey: number;
  /** Frames of sound that had no place: before the first picture, over others, or while no picture came. */
  readonly soundDropped: number;
}

interface OpenFile {
  readonly muxer: SegmentMuxer;
  readonly first: StreamUnit;
  last: StreamUnit;
  soundChanged: boolean;
  askedForKey: boolean;
}

interface EndingFile {
  readonly file: OpenFile;
  readonly next: StreamUnit;
  /** Of the file that begins with `next`: the queue writes one file after the other. */
  readonly beginning: SegmentBeginning;
}

/** So long a finished file waits for sound that comes later than the pictures. */
const SOUND_PATIENCE = micros(300_000);

/** Past a boundary by so much, a source that makes key frames when asked is asked for one. */
const KEY_PATIENCE = micros(2_000_000);

/** Sound that was heard so long ago is taken to be still there when the next file begins. */
const SOUND_MEMORY = micros(2_000_000);

/** Turns a stream into files: where one ends and the next begins, and which sound goes into which. */
export class SegmentSink implements AccessUnitSink {
  readonly #options: SegmentSinkOptions;
  readonly #interval = new PictureInterval();
  #open: OpenFile | undefined;
  /** A file whose pictures are complete, and the unit that comes next; its sound may still be on its way. */
  #ending: EndingFile | undefined;
  #sound: { readonly parameters: AudioParameters; readonly pts: Micros } | undefined;
  #lastWriteAt = micros(0);
  #units = 0;
  #droppedUntilKey = 0;
  #soundDropped = 0;

  constructor(options: SegmentSinkOptions) {
    this.#options = options;
  }

  get pressure(): number {
    const { queue, queueBytes } = this.#options;
    const muxed = (this.#open?.muxer.waitingBytes ?? 0) + (this.#ending?.file.muxer.waitingBytes ?? 0);
    return (queue.bytes + muxed) / queueBytes;
  }

  get counters(): SegmentSinkCounters {
    const open = (this.#open?.muxer.soundDropped ?? 0) + (this.#ending?.file.muxer.soundDropped ?? 0);
    return {
      units: this.#units,
      droppedUntilKey: this.#droppedUntilKey,
      soundDropped: this.#soundDropped + open,
    };
  }

  write(unit: StreamUnit): void {
    this.#lastWriteAt = this.#options.now();
    const reason = cutBefore(unit, this.#lookAt(this.#open), this.#options.segment);
    if (reason !== undefined) this.#cut(unit, reason);
    const open = this.#open;
    if (open === undefined) {
      this.#droppedUntilKey++;
      return;
    }
    if (this.#ending !== undefined && unit.dts - this.#ending.next.dts > SOUND_PATIENCE) this.#end();
    this.#units++;
    if (unit !== open.first) this.#interval.add(elapsedBetween(open.last, unit, this.#interval.interval));
    this.#append(open.muxer.push(unit, this.#interval.interval), unit.captureTime);
    open.last = unit;
    this.#askForKey(open, unit);
  }

  writeAudio(frame: AudioFrame): void {
    this.#sound = { parameters: frame.parameters, pts: frame.pts };
    const ending = this.#ending;
    if (ending !== undefined) {
      if (frame.pts < ending.next.dts) {
        if (ending.file.muxer.pushAudio(frame) !== 'taken') this.#soundDropped++;
        return;
      }
      this.#end();
    }
    const outcome = this.#open?.muxer.pushAudio(frame);
    if (outcome === 'unfit' && this.#open !== undefined) this.#open.soundChanged = true;
    if (outcome !== 'taken') this.#soundDropped++;
  }

  /** Hands on what waits while no unit comes. Called a few times a second. */
  tick(now: Micros): void {
    const open = this.#open;
    if (open !== undefined && now - this.#lastWriteAt >= this.#options.fragment) {
      this.#end();
      this.#append(open.muxer.flush(), open.last.captureTime);
    }
    this.#options.queue.poke();
  }

  /** Ends the file; what comes after begins another one. */
  close(): void {
    this.#end();
    const open = this.#open;
    this.#open = undefined;
    if (open !== undefined) this.#finish(open, undefined);
  }

  /** Forgets the file: its disk is gone. @returns how many pictures it had not handed on yet */
  reset(): number {
    const files = [this.#open, this.#ending?.file].filter((file) => file !== undefined);
    this.#open = undefined;
    this.#ending = undefined;
    for (const { muxer } of files) this.#soundDropped += muxer.soundDropped;
    return files.reduce((sum, { muxer }) => sum + muxer.waitingUnits, 0);
  }

  #lookAt(open: OpenFile | undefined): OpenSegment | undefined {
    if (open === undefined) return undefined;
    const { first, last, muxer, soundChanged } = open;
    const { parameters } = first;
    return { first, last, parameters, bytes: muxer.bytes, soundChanged, interval: this.#interval.interval };
  }

  #cut(unit: StreamUnit, reason: CutReason): void {
    const { queue, names, note, fragment } = this.#options;
    this.#end();
    const before = this.#open;
    const { captureTime: start } = unit;
    const beginning = { name: names.nameOf(start), start, reason, keyUnit: unit.data };
    const muxer = new SegmentMuxer({ first: unit, audio: this.#soundNear(unit), fragment, note: note() });
    this.#open = { muxer, first: unit, last: unit, soundChanged: false, askedForKey: false };
    const { interval } = this.#interval;
    const next =
      before === undefined || isGap(elapsedBetween(before.last, unit, interval), interval) ? undefined : unit;
    if (before !== undefined && next !== undefined && before.muxer.audio !== undefined) {
      this.#ending = { file: before, next, beginning };
      return;
    }
    if (before !== undefined) this.#finish(before, next);
    queue.begin(beginning);
  }

  /** Ends the file whose sound was waited for, and lets the next one begin on the disk. */
  #end(): void {
    const ending = this.#ending;
    if (ending === undefined) return;
    this.#ending = undefined;
    this.#finish(ending.file, ending.next);
    this.#options.queue.begin(ending.beginning);
  }

  #finish({ muxer, last }: OpenFile, next: StreamUnit | undefined): void {
    const { queue } = this.#options;
    const { interval } = this.#interval;
    const { chunks, patches } = muxer.finish(next, interval);
    const lasts = next === undefined ? interval : elapsedBetween(last, next, interval);
    for (const chunk of chunks) queue.append(chunk, micros(last.captureTime + lasts));
    queue.finish(patches);
    this.#soundDropped += muxer.soundDropped;
  }

  #append(chunks: readonly SegmentChunk[], end: Micros): void {
    if (chunks.length > 0) this.#end();
    for (const chunk of chunks) this.#options.queue.append(chunk, end);
  }

  #soundNear(unit: StreamUnit): AudioParameters | undefined {
    const sound = this.#sound;
    return sound !== undefined && Math.abs(unit.pts - sound.pts) <= SOUND_MEMORY
      ? sound.parameters
      : undefined;
  }

  #askForKey(open: OpenFile, unit: StreamUnit): void {
    const { segment, requestKeyFrame } = this.#options;
    const late = unit.captureTime - boundaryAfter(open.first.captureTime, segment);
    if (open.askedForKey || late < KEY_PATIENCE) return;
    open.askedForKey = true;
    requestKeyFrame();
  }
}
