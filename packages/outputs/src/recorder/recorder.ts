import { randomUUID } from 'node:crypto';
import { Emitter, micros, PinholeError } from '@pinhole/core';
import type { RecorderFault } from './disk-fault.ts';
import { HeldRoot } from './held-root.ts';
import {
  type RecorderOptions,
  type RecorderSettings,
  type RecordingMode,
  recorderSettings,
} from './recorder-options.ts';
import type {
  RecordedSegment,
  RecorderEvents,
  RecorderState,
  SaveRequest,
  StartRequest,
} from './recorder-state.ts';
import type { RecordingStarter, RecordingTree } from './recording-note.ts';
import { saveRewind } from './rewind-save.ts';
import type { WrittenSegment } from './segment-queue.ts';
import { folderOf, TreeRecorder } from './tree-recorder.ts';
import type { TreeCounters } from './tree-state.ts';

const MOST_STARTERS = 32;
const LONGEST_WORDS = 200;

/** A disk that does not answer does not keep the program from ending. */
const CLOSE_PATIENCE_MS = 5000;

/**
 * Records one camera: in the background, when somebody asks, or both. It holds the camera while it does.
 *
 * Whatever the disk does, the pictures go on to everybody else: nothing here waits for it, and what waits is bounded.
 * A fault is told in words (`state.lastError`), and recording begins again by itself, in a new file.
 */
export class Recorder {
  readonly events = new Emitter<RecorderEvents>();
  readonly #settings: RecorderSettings;
  readonly #held: HeldRoot;
  readonly #trees: Readonly<Record<RecordingTree, TreeRecorder>>;
  readonly #starters = new Map<string, RecordingStarter>();
  #mode: RecordingMode;
  #saves = 0;
  #closed = false;

  /** @throws {RangeError} a setting that cannot be; field, value and what would do are named. */
  constructor(options: RecorderOptions) {
    const settings = recorderSettings(options);
    this.#settings = settings;
    const { disk, monotonic, root, log } = settings;
    this.#mode = settings.mode;
    this.#held = new HeldRoot({
      path: root,
      trees: [folderOf(root, 'background'), folderOf(root, 'on-demand')],
      disk,
      log,
      monotonic,
      lost: (error) => {
        for (const tree of Object.values(this.#trees)) tree.fail(error);
      },
    });
    this.#trees = { background: this.#tree('background'), 'on-demand': this.#tree('on-demand') };
  }

  /** What it is doing now. */
  get state(): RecorderState {
    const { background, 'on-demand': onDemand } = this.#trees;
    const [one, other] = [background.state, onDemand.state];
    return {
      mode: this.#mode,
      recording: one.kind === 'recording' || other.kind === 'recording',
      by: [...this.#starters.values()],
      background: one,
      onDemand: other,
      lastError: newest(one.lastError, other.lastError),
    };
  }

  /** What became of the camera's units, by tree. */
  get counters(): Readonly<Record<RecordingTree, TreeCounters>> {
    const { background, 'on-demand': onDemand } = this.#trees;
    return { background: background.counters, 'on-demand': onDemand.counters };
  }

  /** Begins what the mode says. */
  open(): void {
    if (records(this.#mode, 'background')) this.#trees.background.start();
  }

  /** Changes the mode; what it does not allow any more ends. */
  async setMode(mode: RecordingMode): Promise<void> {
    this.#mode = mode;
    if (records(mode, 'background')) this.#trees.background.start();
    if (!records(mode, 'on-demand')) this.#starters.clear();
    await Promise.all([
      records(mode, 'background') ? undefined : this.#stop('background'),
      records(mode, 'on-demand') ? undefined : this.#stop('on-demand'),
    ]);
    this.#changed();
  }

  /**
   * Starts an on-demand recording, or joins the one that runs; it runs until the last who started it stops.
   * @throws {PinholeError} `recorder/not-on-demand`, `recorder/too-many-starters`, `recorder/bad-request`
   */
  start(request: StartRequest): RecordingStarter {
    if (this.#closed || !records(this.#mode, 'on-demand')) throw this.#notOnDemand();
    if (this.#starters.size >= MOST_STARTERS) {
      throw new PinholeError(
        'recorder/too-many-starters',
        `${MOST_STARTERS} have started this recording already; let one of them stop first`,
      );
    }
    const { now, onDemandLimit } = this.#settings;
    const since = now();
    const { limit = onDemandLimit } = request;
    const starter: RecordingStarter = {
      id: randomUUID(),
      ...wordsOf(request),
      since,
      until: micros(since + Math.max(0, Math.min(limit, onDemandLimit))),
    };
    this.#starters.set(starter.id, starter);
    this.#settings.log.info({ camera: this.#settings.camera.id, who: starter.who }, 'recording started');
    this.#trees['on-demand'].start();
    this.#changed();
    return starter;
  }

  /**
   * Ends somebody's start. Resolves when the file is complete, if it was the last.
   * @returns false when there is no such start: it ended by itself, or by somebody else
   */
  async stop(id: string): Promise<boolean> {
    const starter = this.#starters.get(id);
    if (starter === undefined) return false;
    this.#starters.delete(id);
    this.#settings.log.info({ camera: this.#settings.camera.id, who: starter.who }, 'recording stopped');
    this.#changed();
    if (this.#starters.size === 0) await this.#stop('on-demand');
    return true;
  }

  /**
   * Writes the last seconds from memory into the on-demand tree, also while that is recorded.
   * @returns the file; several where the pictures changed their size or had a gap, the oldest first
   * @throws {PinholeError} `recorder/nothing-to-save`, `recorder/bad-request`, `recorder/busy`; {RecorderError} when the
   *   disk does not take it
   */
  async save(request: SaveRequest): Promise<readonly RecordedSegment[]> {
    const { rewind, camera, now } = this.#settings;
    if (this.#closed) throw this.#notOnDemand();
    if (!(request.seconds > 0 && request.seconds <= 86_400)) {
      throw new PinholeError(
        'recorder/bad-request',
        `seconds ${request.seconds}: use a number from 1 to 86400`,
      );
    }
    const to = rewind?.extent.to;
    if (rewind === undefined || to === undefined) {
      throw new PinholeError(
        'recorder/nothing-to-save',
        rewind === undefined
          ? `camera "${camera.id}" remembers nothing; give it rewind memory`
          : `camera "${camera.id}" has had no picture yet`,
      );
    }
    if (this.#saves > 0) {
      throw new PinholeError('recorder/busy', 'another save is being written; try again in a moment');
    }
    this.#saves++;
    try {
      await this.#held.prepare();
      const gops = rewind.gops({ from: micros(to - request.seconds * 1e6), to });
      const by = [{ id: randomUUID(), ...wordsOf(request), since: now() }];
      const segments = await saveRewind(gops, { settings: this.#settings, root: this.#held.root, by });
      const recorded = segments.map((segment) => this.#recorded(segment, 'on-demand'));
      for (const segment of recorded) this.events.emit('segment', segment);
      return recorded;
    } finally {
      this.#saves--;
      await this.#releaseUnused();
    }
  }

  /** Does what has come due. Called a few times a second. */
  tick(): void {
    const now = this.#settings.now();
    for (const { id, until } of this.#starters.values()) {
      if (until !== undefined && now >= until) void this.stop(id);
    }
    for (const tree of Object.values(this.#trees)) tree.tick(now);
    this.#held.beat();
  }

  /** Ends everything and completes the files, within five seconds. May be called again; never throws. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#starters.clear();
    const patience = new AbortController();
    const timer = setTimeout(() => patience.abort(), CLOSE_PATIENCE_MS);
    const gaveUp = new Promise<void>((resolve) => {
      patience.signal.addEventListener('abort', () => resolve(), { once: true });
    });
    await Promise.race([Promise.all([this.#stop('background'), this.#stop('on-demand')]), gaveUp]);
    clearTimeout(timer);
    if (patience.signal.aborted) {
      this.#settings.log.warn(
        { camera: this.#settings.camera.id },
        'the disk did not take the end of a recording',
      );
    }
  }

  #tree(tree: RecordingTree): TreeRecorder {
    return new TreeRecorder({
      tree,
      settings: this.#settings,
      root: this.#held.root,
      prepare: () => this.#held.prepare(),
      by: () => (tree === 'on-demand' ? [...this.#starters.values()] : []),
      changed: () => this.#changed(),
      written: (segment) => this.events.emit('segment', this.#recorded(segment, tree)),
    });
  }

  async #stop(tree: RecordingTree): Promise<void> {
    await this.#trees[tree].stop();
    await this.#releaseUnused();
  }

  async #releaseUnused(): Promise<void> {
    await this.#held.release(
      () => this.#saves === 0 && Object.values(this.#trees).every(({ state }) => state.kind === 'off'),
    );
  }

  #recorded(segment: WrittenSegment, tree: RecordingTree): RecordedSegment {
    return { ...segment, tree, camera: this.#settings.camera.id };
  }

  #notOnDemand(): PinholeError {
    const { id } = this.#settings.camera;
    return new PinholeError(
      'recorder/not-on-demand',
      `camera "${id}" does not record on demand: its mode is "${this.#mode}"; set "record" to on-demand or both`,
    );
  }

  #changed(): void {
    this.events.emit('state', this.state);
  }
}

/** Whether a mode records into a tree. */
const records = (mode: RecordingMode, tree: RecordingTree): boolean => mode === tree || mode === 'both';

function wordsOf({ who, reason }: { readonly who: string; readonly reason?: string }) {
  if (who === '') throw new PinholeError('recorder/bad-request', 'who "": say who wants the recording');
  return {
    who: who.slice(0, LONGEST_WORDS),
    ...(reason !== undefined && reason !== '' && { reason: reason.slice(0, LONGEST_WORDS) }),
  };
}

function newest(one: RecorderFault | undefined, other: RecorderFault | undefined): RecorderFault | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  return one.at >= other.at ? one : other;
}
