import { type Micros, type Millis, messageOf, millis, PinholeError } from '@pinhole/core';
import type { Stream } from '@pinhole/engine';
import { FfmpegError, type JpegDecoder } from '@pinhole/ffmpeg';
import { type SnapshotWork, snapshotUnits } from './snapshot-units.ts';

/** What makes a JPEG of pictures; `JpegDecoder` of `@pinhole/ffmpeg`. */
export type SnapshotDecoder = Pick<JpegDecoder, 'decode'>;

/** Where pictures come from; the engine's `Stream`. */
export type SnapshotStream = Pick<Stream, 'snapshotUnits'>;

/** How snapshots are taken. */
export interface SnapshotsOptions {
  /** Without one every snapshot is refused with how to get one. */
  readonly decoder?: SnapshotDecoder;
  /** Bounds of one decoding. Default 600 units, 32 MiB. */
  readonly work?: Partial<SnapshotWork>;
  /** A clock that never steps; tests give their own. */
  readonly now?: () => Millis;
}

/** What a snapshot should be like. */
export interface SnapshotRequest {
  /** 1 (smallest) to 100 (best). Default 80. */
  readonly quality?: number;
  /** In pixels, the shape kept; the picture's own without. */
  readonly widthPixels?: number;
  /** One taken so long ago will do too. Default 0: a new one. */
  readonly maxAgeMs?: Millis;
}

/** One picture of a camera. */
export interface Snapshot {
  /** A JPEG file. */
  readonly jpeg: Uint8Array;
  readonly captureTime: Micros;
  /** In pixels. */
  readonly width: number;
  /** In pixels. */
  readonly height: number;
}

interface Kept {
  readonly snapshot: Snapshot;
  readonly takenAt: Millis;
}

interface CameraDesk {
  /** The last snapshot of each kind, oldest kind first. */
  readonly kept: Map<string, Kept>;
  /** Being taken now, or in line. */
  readonly pending: Map<string, Promise<Snapshot>>;
  line: Promise<unknown>;
}

const DEFAULT_WORK: SnapshotWork = { maxUnits: 600, maxBytes: 32 * 2 ** 20 };
const DEFAULT_QUALITY = 80;
const KINDS_KEPT = 4;
const KINDS_PENDING = 8;
const WIDEST_PIXELS = 8192;

/** Makes what takes snapshots of any number of streams. */
export const createSnapshots = (options: SnapshotsOptions): Snapshots => new Snapshots(options);

/**
 * Takes snapshots out of streams. One picture at a time is decoded per stream; whoever asks for the same meanwhile
 * shares it.
 */
export class Snapshots {
  readonly #decoder: SnapshotDecoder | undefined;
  readonly #work: SnapshotWork;
  readonly #now: () => Millis;
  readonly #desks = new WeakMap<SnapshotStream, CameraDesk>();

  constructor(options: SnapshotsOptions) {
    this.#decoder = options.decoder;
    this.#work = { ...DEFAULT_WORK, ...options.work };
    this.#now = options.now ?? (() => millis(performance.now()));
  }

  /**
   * The stream's newest picture as a JPEG, decoded from its cached GOP.
   * @throws {PinholeError} `snapshot/no-decoder` (how to get one is in the message), `snapshot/no-picture` (the stream
   *   has none yet), `snapshot/busy`, `snapshot/bad-option`, `snapshot/failed`
   */
  async take(stream: SnapshotStream, request: SnapshotRequest = {}): Promise<Snapshot> {
    const { quality = DEFAULT_QUALITY, widthPixels, maxAgeMs = 0 } = request;
    requireWhole('quality', quality, 100);
    if (widthPixels !== undefined) requireWhole('width', widthPixels, WIDEST_PIXELS);
    const desk = this.#desk(stream);
    const kind = `${quality}/${widthPixels ?? ''}`;
    const kept = desk.kept.get(kind);
    if (kept !== undefined && this.#now() - kept.takenAt < maxAgeMs) return kept.snapshot;
    return await (desk.pending.get(kind) ?? this.#join(stream, desk, kind, { quality, widthPixels }));
  }

  #desk(stream: SnapshotStream): CameraDesk {
    const desk = this.#desks.get(stream) ?? { kept: new Map(), pending: new Map(), line: Promise.resolve() };
    this.#desks.set(stream, desk);
    return desk;
  }

  #join(
    stream: SnapshotStream,
    desk: CameraDesk,
    kind: string,
    options: { readonly quality: number; readonly widthPixels: number | undefined },
  ): Promise<Snapshot> {
    if (desk.pending.size >= KINDS_PENDING) {
      throw new PinholeError(
        'snapshot/busy',
        `${KINDS_PENDING} snapshots of this camera are being taken already`,
      );
    }
    const snapshot = desk.line
      .then(async () => {
        const takenAt = this.#now();
        const taken = await this.#decode(stream, options);
        keep(desk, kind, { snapshot: taken, takenAt });
        return taken;
      })
      .finally(() => desk.pending.delete(kind));
    desk.pending.set(kind, snapshot);
    desk.line = snapshot.catch(() => {}); // who asked hears of it
    return snapshot;
  }

  async #decode(
    stream: SnapshotStream,
    { quality, widthPixels }: { readonly quality: number; readonly widthPixels: number | undefined },
  ): Promise<Snapshot> {
    if (this.#decoder === undefined) {
      throw new PinholeError(
        'snapshot/no-decoder',
        'snapshots need FFmpeg: npm install node-av, or install the ffmpeg program',
      );
    }
    const chosen = snapshotUnits(stream.snapshotUnits(), this.#work);
    if (chosen === undefined) {
      throw new PinholeError(
        'snapshot/no-picture',
        'no picture of this camera has come yet: try again when it is live',
      );
    }
    try {
      const units = chosen.units.map((unit) => unit.data);
      const size = widthPixels === undefined ? {} : { widthPixels };
      const picture = await this.#decoder.decode({ units, quality, ...size });
      return { ...picture, captureTime: chosen.newest.captureTime };
    } catch (thrown) {
      const code =
        thrown instanceof FfmpegError && thrown.code === 'ffmpeg/missing'
          ? 'snapshot/no-decoder'
          : 'snapshot/failed';
      throw new PinholeError(code, messageOf(thrown), { cause: thrown });
    }
  }
}

function keep(desk: CameraDesk, kind: string, kept: Kept): void {
  desk.kept.delete(kind);
  desk.kept.set(kind, kept);
  if (desk.kept.size <= KINDS_KEPT) return;
  for (const oldest of desk.kept.keys()) {
    desk.kept.delete(oldest);
    return;
  }
}

function requireWhole(name: string, value: number, max: number): void {
  if (Number.isInteger(value) && value >= 1 && value <= max) return;
  throw new PinholeError('snapshot/bad-option', `${name} ${value}: use a whole number from 1 to ${max}`);
}
