import { join } from 'node:path';
import { type Logger, type Micros, micros } from '@pinhole/core';
import type { Camera } from '@pinhole/engine';
import {
  Archive,
  diskSpaceOf,
  FootageReader,
  followRecorder,
  Retention,
  type RetentionCounters,
} from '@pinhole/outputs/archive';
import {
  Recorder,
  type RecordingMode,
  RewindBuffer,
  type StillDecoder,
  type TreeState,
  WriteLanes,
} from '@pinhole/outputs/recorder';
import type { UploadQueue } from '@pinhole/outputs/upload';
import type { RecordingsConfig } from './recordings-fields.ts';
import { openUploads } from './upload.ts';

/** What one camera has of its past, and what makes more of it. */
export interface CameraRecordings {
  readonly recorder: Recorder;
  readonly archive: Archive;
  readonly footage: FootageReader;
  /** The last minutes in memory; absent where none are to be kept. */
  readonly rewind?: RewindBuffer;
}

/** A camera and when it is recorded. */
export interface RecordedCamera {
  readonly camera: Camera;
  readonly mode: RecordingMode;
}

/** What recordings are made with. */
export interface RecordingsOptions {
  readonly config: RecordingsConfig;
  /** Where the folders of the cameras lie, absolute. */
  readonly root: string;
  readonly cameras: readonly RecordedCamera[];
  /** Makes the pictures beside the files. */
  readonly stills: StillDecoder;
  /** Where keys of a storage service may stand. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly now: () => Micros;
  readonly log: Logger;
}

const DAY = 86_400_000_000;
const KEEP_HOUSE_EVERY = 60_000_000;
const ASK_SPACE_EVERY = 5_000_000;
const MEGABYTE = 2 ** 20;

/** The recordings of all cameras: one disk, one retention, one way to write. */
export class Recordings {
  readonly #byCamera: ReadonlyMap<string, CameraRecordings>;
  readonly #retention: Retention;
  readonly #now: () => Micros;
  readonly #endFollowing: readonly (() => void)[];
  readonly #root: string;
  readonly #uploads: UploadQueue | undefined;
  #keepHouseAt: number;
  #askSpaceAt = 0;
  #freeBytes: number | undefined;

  private constructor(parts: {
    readonly byCamera: ReadonlyMap<string, CameraRecordings>;
    readonly retention: Retention;
    readonly root: string;
    readonly uploads: UploadQueue | undefined;
    readonly now: () => Micros;
  }) {
    this.#byCamera = parts.byCamera;
    this.#retention = parts.retention;
    this.#root = parts.root;
    this.#uploads = parts.uploads;
    this.#now = parts.now;
    this.#keepHouseAt = parts.now();
    this.#endFollowing = [...parts.byCamera.values()].map(({ archive, recorder }) =>
      followRecorder(archive, recorder),
    );
  }

  /**
   * Takes in what is there, and begins to record and to remember.
   * @throws {PinholeError} `upload/bad-setting`
   */
  static async open(options: RecordingsOptions): Promise<Recordings> {
    const { config, root, now, log } = options;
    const byCamera = new Map<string, CameraRecordings>();
    const uploads = config.upload && (await openUploads(config.upload, options));
    const retention = new Retention({
      // A camera without recordings has none to give, and may have no folder.
      archives: () =>
        [...byCamera.values()].map(({ archive }) => archive).filter(({ state }) => state.files > 0),
      limits: {
        minFreeBytes: config.keepFreeMegabytes * MEGABYTE,
        ...(config.keepGigabytes !== undefined && { maxTotalBytes: config.keepGigabytes * 1024 * MEGABYTE }),
        ...(config.keepDays !== undefined && { maxAge: micros(config.keepDays * DAY) }),
        ...(config.keepOnDemandDays !== undefined && {
          maxOnDemandAge: micros(config.keepOnDemandDays * DAY),
        }),
      },
      now,
      log,
      isHeld: (archive, file) => uploads?.isHeld(archive, file) ?? false,
    });
    const lanes = new WriteLanes();
    for (const { camera, mode } of options.cameras) {
      const folder = join(root, camera.id);
      const archive = await Archive.open({ camera: camera.id, root: folder, now, log });
      const rewind = rewindOf(camera, options);
      const recorder = new Recorder({
        camera,
        root: folder,
        mode,
        now,
        log,
        lanes,
        stills: options.stills,
        stillQuality: config.stillQuality,
        segment: micros(config.segmentSeconds * 1e6),
        onDemandLimit: micros(config.onDemandMinutes * 60e6),
        ...(config.timeZone !== undefined && { zone: config.timeZone }),
        writing: { fsyncMs: config.fsyncMs, flushBytes: config.flushKilobytes * 1024 },
        makeRoom: async () => {
          const { enough, files } = await retention.makeRoom();
          return enough || files > 0;
        },
        ...(rewind && { rewind }),
      });
      const footage = new FootageReader({ archive, memory: rewind });
      await uploads?.add(archive);
      byCamera.set(camera.id, { recorder, archive, footage, ...(rewind && { rewind }) });
    }
    const recordings = new Recordings({ byCamera, retention, root, uploads, now });
    for (const { recorder, rewind } of byCamera.values()) {
      rewind?.open();
      recorder.open();
    }
    return recordings;
  }

  /** What a camera has of its past; every camera of the server has some. */
  of(camera: string): CameraRecordings | undefined {
    return this.#byCamera.get(camera);
  }

  /** All cameras with what they have of their past. */
  list(): readonly (CameraRecordings & { readonly camera: string })[] {
    return [...this.#byCamera].map(([camera, of]) => ({ camera, ...of }));
  }

  /** What was deleted to make room, and why none could be made. */
  get retention(): RetentionCounters {
    return this.#retention.counters;
  }

  /** What is copied to a storage service; nothing when none is configured. */
  get uploads(): Pick<UploadQueue, 'state' | 'counters'> | undefined {
    return this.#uploads;
  }

  /** Free bytes of the disk of the recordings as they were a few seconds ago; nothing while it cannot be asked. */
  get freeBytes(): number | undefined {
    return this.#freeBytes;
  }

  /** Cameras that should be recorded, and cannot be. */
  get failing(): readonly string[] {
    return this.list()
      .filter(({ recorder: { state } }) => [state.background, state.onDemand].some(isFailing))
      .map(({ camera }) => camera);
  }

  /** Does what has come due. Called a few times a second. */
  tick(): void {
    for (const { recorder } of this.#byCamera.values()) recorder.tick();
    const now = this.#now();
    if (now >= this.#askSpaceAt) {
      this.#askSpaceAt = now + ASK_SPACE_EVERY;
      void this.#askSpace();
    }
    if (now < this.#keepHouseAt) return;
    this.#keepHouseAt = now + KEEP_HOUSE_EVERY;
    // Its faults are told by its own log and counters.
    void this.#retention.makeRoom();
  }

  /** Completes the files. Never throws. */
  async close(): Promise<void> {
    const all = [...this.#byCamera.values()];
    await Promise.all(all.map(({ recorder }) => recorder.close()));
    for (const end of this.#endFollowing) end();
    for (const { rewind } of all) rewind?.close();
    await this.#uploads?.close();
    await Promise.all(all.map(({ archive }) => archive.close()));
  }

  async #askSpace(): Promise<void> {
    try {
      this.#freeBytes = (await diskSpaceOf(this.#root)).freeBytes;
    } catch {
      // Nothing recorded yet, or no disk: the recorders tell which.
      this.#freeBytes = undefined;
    }
  }
}

const isFailing = ({ kind }: TreeState): boolean => kind === 'failing';

function rewindOf(camera: Camera, { config, now }: RecordingsOptions): RewindBuffer | undefined {
  if (config.rewindSeconds === 0) return undefined;
  return new RewindBuffer({
    camera,
    now,
    duration: micros(config.rewindSeconds * 1e6),
    bytes: config.rewindMegabytes * MEGABYTE,
  });
}
