import { Emitter, type Micros, micros } from '@pinhole/core';
import type { AccessUnit, StreamUnit } from './access-unit.ts';
import type { AudioFrame, AudioParameters } from './audio-frame.ts';
import { GopCache, type GopCacheLimits } from './gop-cache.ts';
import { type KeyFrameRequestCounters, KeyFrameRequests } from './key-frame-requests.ts';
import { RateMeter } from './rate-meter.ts';
import type { AccessUnitSink, ReaderCounters, StreamReader } from './sink.ts';
import type { StreamParameters } from './stream-parameters.ts';
import { Reader } from './stream-reader.ts';
import { UnitReader, type UnitReaderCounters } from './unit-reader.ts';

/** What a stream is made with. */
export interface StreamOptions {
  /** Asks the source for a key frame; undefined where the source cannot make one when asked. */
  readonly requestKeyFrame?: (() => void) | undefined;
  /** Default 16 MiB and 20 s. */
  readonly cache?: Partial<GopCacheLimits>;
  /** The shortest time between two key-frame requests to the source; default 500 ms. */
  readonly keyFrameInterval?: Micros;
}

/** What passed through a stream since it was made. */
export interface StreamCounters extends UnitReaderCounters {
  readonly units: number;
  readonly audioFrames: number;
  readonly keyUnits: number;
  readonly bytes: number;
  /** Pictures the source lost, by the gaps in its numbering. */
  readonly lostBySource: number;
  readonly cacheOverflows: number;
  readonly keyFrameRequests: KeyFrameRequestCounters;
}

/** What a stream tells. */
export interface StreamEvents {
  /** The parameter sets are known for the first time, or changed: a new size, another profile. */
  parameters: StreamParameters;
}

/** A wait for a requested key frame is given up after this long, and the cached GOP replayed instead. */
const KEY_FRAME_PATIENCE = micros(150_000);

/** A source whose sound did not come with so many pictures has none. */
const UNITS_WITHOUT_SOUND = 60;

/** A cached GOP older than this is worth a key-frame request, when the source answers those. */
const YOUNG_GOP = micros(500_000);

/**
 * One camera's pictures on their way to any number of sinks. Nobody waits for anybody: a full sink misses units up to
 * the next key unit, and every unit left out is counted.
 */
export class Stream {
  readonly events = new Emitter<StreamEvents>();
  readonly #readers = new Map<Reader, { replayAt: Micros } | undefined>();
  readonly #unitReader = new UnitReader();
  readonly #cache: GopCache;
  readonly #keyFrames: KeyFrameRequests;
  readonly #keyFrameOnRequest: boolean;
  readonly #meter = new RateMeter();
  #announced: StreamParameters | undefined;
  #lastUnit: { readonly unit: StreamUnit; readonly at: Micros } | undefined;
  #lastSequence: number | undefined;
  #units = 0;
  /** Those of the source's runs before. */
  #unitsBefore = 0;
  #audioFrames = 0;
  #audio: AudioParameters | undefined;
  #keyUnits = 0;
  #bytes = 0;
  #lostBySource = 0;
  #goneReaders: ReaderCounters = { written: 0, droppedBusy: 0, droppedUntilKey: 0 };

  constructor(options: StreamOptions = {}) {
    this.#cache = new GopCache({ bytes: 16 * 2 ** 20, duration: micros(20_000_000), ...options.cache });
    this.#keyFrameOnRequest = options.requestKeyFrame !== undefined;
    this.#keyFrames = new KeyFrameRequests({
      interval: options.keyFrameInterval ?? micros(500_000),
      send: options.requestKeyFrame ?? (() => {}),
    });
  }

  /** Known from the first key unit with parameter sets on; a new object whenever they change. */
  get parameters(): StreamParameters | undefined {
    return this.#announced;
  }

  /** How the sound is coded; undefined while the source has none. */
  get audio(): AudioParameters | undefined {
    return this.#audio;
  }

  /** Whether the source has sent pictures for a while, and no sound. */
  get isSilent(): boolean {
    return this.#audio === undefined && this.#units - this.#unitsBefore >= UNITS_WITHOUT_SOUND;
  }

  /** The newest unit and when it came. */
  get lastUnit(): { readonly unit: StreamUnit; readonly at: Micros } | undefined {
    return this.#lastUnit;
  }

  /** Whether wishes for a key frame reach an encoder; without that, the cached GOP is all there is. */
  get keyFrameOnRequest(): boolean {
    return this.#keyFrameOnRequest;
  }

  /** Sinks attached now. */
  get readers(): number {
    return this.#readers.size;
  }

  get counters(): StreamCounters {
    return {
      ...this.#unitReader.counters,
      units: this.#units,
      audioFrames: this.#audioFrames,
      keyUnits: this.#keyUnits,
      bytes: this.#bytes,
      lostBySource: this.#lostBySource,
      cacheOverflows: this.#cache.overflows,
      keyFrameRequests: this.#keyFrames.counters,
    };
  }

  /** What became of the units meant for all sinks together, those that are gone included. */
  get readerCounters(): ReaderCounters {
    let sum = this.#goneReaders;
    for (const reader of this.#readers.keys()) sum = sumOf(sum, reader.counters);
    return sum;
  }

  /** Frames and bits a second over the last few seconds. */
  rate(now: Micros): { readonly framesPerSecond: number; readonly bitsPerSecond: number } {
    return this.#meter.rate(now);
  }

  /** The units since the last key unit, for a snapshot; empty while there are none. */
  snapshotUnits(): readonly StreamUnit[] {
    return this.#cache.units;
  }

  /** Takes the source's next unit and hands it to every sink. */
  write(unit: AccessUnit, now: Micros): void {
    this.#units++;
    this.#bytes += unit.data.byteLength;
    if (this.#lastSequence !== undefined && unit.sequence > this.#lastSequence + 1) {
      this.#lostBySource += unit.sequence - this.#lastSequence - 1;
    }
    this.#lastSequence = unit.sequence;
    const read = this.#unitReader.read(unit);
    if (!read) return;
    if (read.key) {
      this.#keyUnits++;
      this.#keyFrames.answered();
    }
    this.#meter.add(now, read.data.byteLength);
    this.#lastUnit = { unit: read, at: now };
    this.#cache.push(read);
    this.#announce(read.parameters);
    for (const reader of this.#readers.keys()) {
      reader.write(read);
      if (reader.takeWishForKey()) this.requestKeyFrame(now);
    }
  }

  /** Takes the source's next frame of sound and hands it to every sink that has use for it. */
  writeAudio(frame: AudioFrame): void {
    this.#audioFrames++;
    this.#audio = frame.parameters;
    for (const reader of this.#readers.keys()) reader.writeAudio(frame);
  }

  /**
   * Hands units to `sink` from now on: at once from the cached GOP, unless a key frame asked of the source is sooner.
   * @param options.patience how long a sink that cannot catch up waits for the next key unit before it is given an old
   *   GOP; without one only a key frame that was asked for is waited for
   * @returns the sink's place; the caller ends it with `detach`.
   */
  attach(
    sink: AccessUnitSink,
    options: { readonly now: () => Micros; readonly patience?: Micros },
  ): StreamReader {
    const reader = new Reader(sink);
    this.#readers.set(reader, undefined);
    this.#start(reader, options);
    return {
      get counters() {
        return reader.counters;
      },
      pause: () => {
        reader.paused = true;
        reader.needsKey = true;
      },
      resume: () => {
        if (!reader.paused || !this.#readers.has(reader)) return;
        reader.paused = false;
        this.#start(reader, options);
      },
      detach: () => {
        if (!this.#readers.delete(reader)) return;
        this.#goneReaders = sumOf(this.#goneReaders, reader.counters);
      },
    };
  }

  /** Wishes for a key frame; many wishes become few requests. */
  requestKeyFrame(now: Micros): void {
    if (this.#keyFrameOnRequest) this.#keyFrames.request(now);
  }

  /** Forgets the cached GOP and the place in the source's numbering: the source starts anew. */
  restart(): void {
    this.#cache.clear();
    this.#audio = undefined;
    this.#unitsBefore = this.#units;
    this.#lastSequence = undefined;
    for (const reader of this.#readers.keys()) reader.needsKey = true;
  }

  /** Does what has come due: key-frame requests that had to wait, newcomers whose key frame did not come. */
  tick(now: Micros): void {
    this.#keyFrames.tick(now);
    for (const [reader, wait] of this.#readers) {
      if (!wait || now < wait.replayAt) continue;
      this.#readers.set(reader, undefined);
      if (reader.needsKey && !reader.paused) reader.replay(this.#cache.units);
    }
  }

  #start(reader: Reader, options: { readonly now: () => Micros; readonly patience?: Micros }): void {
    const now = options.now();
    const cached = this.#cache.units;
    const head = cached[0];
    const newest = cached.at(-1);
    const age = head && newest ? newest.dts - head.dts : Number.POSITIVE_INFINITY;
    const asks = this.#keyFrameOnRequest && this.#keyFrames.ready(now);
    if (age > YOUNG_GOP && (asks || options.patience !== undefined)) {
      this.#readers.set(reader, { replayAt: micros(now + (options.patience ?? KEY_FRAME_PATIENCE)) });
      this.requestKeyFrame(now);
    } else if (head) {
      reader.replay(cached);
    } else {
      this.requestKeyFrame(now);
    }
  }

  #announce(parameters: StreamParameters): void {
    if (parameters === this.#announced) return;
    this.#announced = parameters;
    this.events.emit('parameters', parameters);
  }
}

const sumOf = (a: ReaderCounters, b: ReaderCounters): ReaderCounters => ({
  written: a.written + b.written,
  droppedBusy: a.droppedBusy + b.droppedBusy,
  droppedUntilKey: a.droppedUntilKey + b.droppedUntilKey,
});
