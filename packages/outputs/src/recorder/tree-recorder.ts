import { join } from 'node:path';
import { Backoff, type Micros, micros, millis, millisToMicros } from '@pinhole/core';
import type { StreamReader } from '@pinhole/engine';
import { CameraHold } from './camera-hold.ts';
import { type RecorderError, type RecorderFault, recorderError } from './disk-fault.ts';
import type { RecorderSettings } from './recorder-options.ts';
import { RecordingNames } from './recording-name.ts';
import { type RecordingStarter, type RecordingTree, serializeRecordingNote } from './recording-note.ts';
import type { RecordingRoot } from './recording-root.ts';
import { SegmentQueue, type WrittenSegment } from './segment-queue.ts';
import { SegmentSink } from './segment-sink.ts';
import { StillWriter } from './still-writer.ts';
import type { TreeCounters, TreeState, TreeStateKind } from './tree-state.ts';

/** What a tree's recorder is made with. */
export interface TreeRecorderOptions {
  readonly tree: RecordingTree;
  readonly settings: RecorderSettings;
  readonly root: RecordingRoot;
  /** Makes the root ready and ours. */
  readonly prepare: () => Promise<void>;
  readonly by: () => readonly RecordingStarter[];
  readonly changed: () => void;
  readonly written: (segment: WrittenSegment) => void;
}

/** Where a file begins before it has its name; in the folder of its tree. */
const UNFINISHED_NAME = '.pinhole-recorder.part';

/** A disk that failed is tried again after so long. */
const RETRY = { firstMs: millis(1000), maxMs: millis(30_000) };

type Phase = 'off' | 'preparing' | 'attached' | 'waiting';

/** Records one camera into one tree, as long as that is wanted. */
export class TreeRecorder {
  readonly #options: TreeRecorderOptions;
  readonly #queue: SegmentQueue;
  readonly #sink: SegmentSink;
  readonly #stills: StillWriter;
  readonly #retry = new Backoff(RETRY);
  readonly #hold: CameraHold;
  #phase: Phase = 'off';
  /** Something failed, and no file was begun since. */
  #troubled = false;
  #since: Micros | undefined;
  #lastError: RecorderFault | undefined;
  #retryAt = micros(0);
  #reader: StreamReader | undefined;
  #readerGone = { droppedBusy: 0, droppedUntilKey: 0 };
  #slowSeen = 0;
  /** What the stream had counted when recording failed. */
  #streamUnits: number | undefined;
  #segments = 0;
  #unitsLost = 0;
  #faults = 0;

  constructor(options: TreeRecorderOptions) {
    this.#options = options;
    const { settings, tree } = options;
    const { disk, lanes, writing, monotonic, makeRoom, camera, now } = settings;
    const lane = lanes.lane();
    this.#hold = new CameraHold(camera);
    this.#stills = new StillWriter({
      decoder: settings.stills,
      quality: settings.stillQuality,
      disk,
      lane: lanes.lane(),
    });
    this.#queue = new SegmentQueue({
      ...writing,
      root: folderOf(settings.root, tree),
      unfinished: UNFINISHED_NAME,
      prepare: () => options.root.prepare(),
      disk,
      lane,
      monotonic,
      makeRoom,
      opened: (file, { keyUnit }) => {
        this.#recover();
        this.#stills.make(file.stillPath, keyUnit);
        options.changed();
      },
      written: (segment) => {
        this.#segments++;
        if (segment.closed) this.#retry.reset();
        options.written(segment);
      },
      failed: (error, { units }) => {
        this.#unitsLost += units;
        this.#fail(error);
      },
    });
    this.#sink = new SegmentSink({
      queue: this.#queue,
      names: new RecordingNames(settings.zone),
      queueBytes: writing.queueBytes,
      segment: tree === 'background' ? settings.segment : settings.onDemandSegment,
      fragment: millisToMicros(millis(writing.fragmentMs)),
      now,
      note: () => serializeRecordingNote({ camera: camera.id, tree, by: options.by() }),
      requestKeyFrame: () => camera.stream.requestKeyFrame(now()),
    });
  }

  get state(): TreeState {
    const { tree } = this.#options;
    const { file } = this.#queue;
    const { unitsDroppedFault, unitsDroppedSlowDisk } = this.counters;
    return {
      tree,
      kind: this.#kind(),
      since: this.#since,
      file: file?.path,
      segmentStart: file?.start,
      bytesWritten: this.#queue.bytesWritten,
      queuedBytes: this.#queue.bytes,
      droppedUnits: unitsDroppedFault + unitsDroppedSlowDisk,
      lastError: this.#lastError,
    };
  }

  get counters(): TreeCounters {
    const { units, droppedUntilKey, soundDropped } = this.#sink.counters;
    const { droppedBusy, droppedUntilKey: readerUntilKey } = this.#delivered();
    return {
      ...this.#stills.counters,
      units,
      soundDropped,
      segments: this.#segments,
      bytesWritten: this.#queue.bytesWritten,
      unitsDroppedSlowDisk: droppedBusy,
      unitsDroppedFault: this.#unitsLost + this.#missed,
      unitsDroppedUntilKey: readerUntilKey + droppedUntilKey,
      faults: this.#faults,
    };
  }

  /** Begins to record; what is being recorded goes on. */
  start(): void {
    if (this.#phase !== 'off') return;
    const { now } = this.#options.settings;
    this.#since = now();
    this.#lastError = undefined;
    this.#troubled = false;
    this.#retry.reset();
    this.#hold.hold();
    this.#prepare();
  }

  /** Ends the recording; resolves when its file is complete, or cannot be. May be called again. */
  async stop(): Promise<void> {
    if (this.#phase !== 'off') {
      this.#detach();
      this.#sink.close();
      this.#settleMissed();
      this.#hold.release();
      this.#since = undefined;
      this.#become('off');
    }
    await this.#queue.drained();
    await this.#stills.idle();
  }

  /** Does what has come due. Called a few times a second. */
  tick(now: Micros): void {
    if (this.#phase === 'waiting' && now >= this.#retryAt) this.#prepare();
    if (this.#phase !== 'attached') return;
    this.#sink.tick(now);
    this.#noteSlowDisk(now);
    const asleep = this.#hold.tick(now);
    if (asleep !== undefined) this.#lastError = { code: asleep.code, why: asleep.message, at: now };
  }

  /** The root is not ours any more. */
  fail(error: RecorderError): void {
    if (this.#phase !== 'attached') return;
    // The disk is well: the file ends as it should.
    this.#detach();
    this.#sink.close();
    this.#fail(error);
  }

  #prepare(): void {
    this.#become('preparing');
    this.#options.prepare().then(
      () => {
        if (this.#phase === 'preparing') this.#attach();
      },
      (thrown: unknown) => {
        if (this.#phase === 'preparing') this.#fail(recorderError(thrown, this.#options.settings.root));
      },
    );
  }

  #attach(): void {
    const { camera, now } = this.#options.settings;
    this.#settleMissed();
    this.#become('attached');
    // The cached GOP comes first: what was shown since the last key unit is in the file.
    this.#reader = camera.stream.attach(this.#sink, { now });
  }

  /** Pictures that the camera had since recording failed, while it does not go on. */
  get #missed(): number {
    const before = this.#streamUnits;
    return before === undefined ? 0 : this.#options.settings.camera.stream.counters.units - before;
  }

  #settleMissed(): void {
    this.#unitsLost += this.#missed;
    this.#streamUnits = undefined;
  }

  #detach(): void {
    if (this.#reader === undefined) return;
    this.#reader.detach();
    this.#readerGone = this.#delivered();
    this.#reader = undefined;
  }

  #fail(error: RecorderError): void {
    const { now, log } = this.#options.settings;
    this.#faults++;
    const first = !this.#troubled || this.#lastError?.code !== error.code;
    this.#troubled = true;
    this.#lastError = { code: error.code, why: error.message, at: now() };
    this.#detach();
    this.#unitsLost += this.#sink.reset();
    if (this.#phase === 'off') return;
    this.#settleMissed();
    this.#streamUnits = this.#options.settings.camera.stream.counters.units;
    this.#retryAt = micros(now() + millisToMicros(this.#retry.next()));
    if (first) log.error({ ...this.#fields(), code: error.code, error: error.message }, 'recording failed');
    else log.debug({ ...this.#fields(), code: error.code }, 'recording failed again');
    this.#become('waiting');
  }

  #noteSlowDisk(now: Micros): void {
    const { droppedBusy } = this.#delivered();
    if (droppedBusy === this.#slowSeen) return;
    this.#slowSeen = droppedBusy;
    const { root, log } = this.#options.settings;
    const why = `the disk of ${root} is too slow: pictures are left out; lower the bit rate, or use a faster disk`;
    if (this.#lastError?.code !== 'recorder/disk-slow') log.warn(this.#fields(), why);
    this.#lastError = { code: 'recorder/disk-slow', why, at: now };
  }

  #delivered(): { readonly droppedBusy: number; readonly droppedUntilKey: number } {
    const { droppedBusy = 0, droppedUntilKey = 0 } = this.#reader?.counters ?? {};
    return {
      droppedBusy: this.#readerGone.droppedBusy + droppedBusy,
      droppedUntilKey: this.#readerGone.droppedUntilKey + droppedUntilKey,
    };
  }

  #fields() {
    const { settings, tree } = this.#options;
    return { camera: settings.camera.id, tree };
  }

  /** A file was begun: what was wrong is over. */
  #recover(): void {
    if (!this.#troubled) return;
    this.#troubled = false;
    this.#options.settings.log.info(this.#fields(), 'recording goes on');
  }

  #kind(): TreeStateKind {
    if (this.#phase === 'off') return 'off';
    if (this.#troubled) return 'failing';
    return this.#phase === 'preparing' ? 'starting' : 'recording';
  }

  #become(phase: Phase): void {
    this.#phase = phase;
    this.#options.changed();
  }
}

/** Where a tree's days lie. */
export const folderOf = (root: string, tree: RecordingTree): string =>
  tree === 'background' ? root : join(root, 'on-demand');
