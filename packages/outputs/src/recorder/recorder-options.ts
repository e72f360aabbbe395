import type { Logger, Micros } from '@pinhole/core';
import { micros } from '@pinhole/core';
import type { Camera } from '@pinhole/engine';
import { NODE_DISK, type RecorderDisk } from './disk.ts';
import type { RewindBuffer } from './rewind-buffer.ts';
import type { WriteLimits } from './segment-queue.ts';
import type { StillDecoder } from './still-writer.ts';
import type { WriteLanes } from './write-lanes.ts';

/** What a camera records: nothing, all the time, when somebody starts it, or both. */
export type RecordingMode = 'off' | 'background' | 'on-demand' | 'both';

/** What a recorder is made with. */
export interface RecorderOptions {
  readonly camera: Camera;
  /** Absolute path of the camera's own folder. What is started on demand lies in `on-demand` below it. */
  readonly root: string;
  readonly mode: RecordingMode;
  /** UTC microseconds that never step back. */
  readonly now: () => Micros;
  readonly log: Logger;
  /** The way to the disk, the same for all recorders. */
  readonly lanes: WriteLanes;
  /** Makes the pictures beside the files; without one there are none. */
  readonly stills?: StillDecoder;
  /** 1 (smallest) to 100 (best). Default 30. */
  readonly stillQuality?: number;
  /** Length of a background segment. Default 60 s. */
  readonly segment?: Micros;
  /** Length of a file that was started on demand; longer recordings go on in another. Default 1 h. */
  readonly onDemandSegment?: Micros;
  /** An on-demand recording ends after this unless it is started again. Default 1 h. */
  readonly onDemandLimit?: Micros;
  /** IANA name of the zone whose local time names files; the machine's when left out. */
  readonly zone?: string;
  readonly writing?: Partial<WriteLimits>;
  /**
   * Makes room on the disk, oldest recordings first: asked when a segment begins, and with `disk-full` when nothing more
   * fits. True when writing should be tried again.
   */
  readonly makeRoom?: (why: 'segment' | 'disk-full') => Promise<boolean>;
  /** What `save` saves from. */
  readonly rewind?: RewindBuffer;
  /** Tests give one that fails. */
  readonly disk?: RecorderDisk;
  /** Milliseconds of a clock that never steps; tests give their own. */
  readonly monotonic?: () => number;
}

/** The options with their defaults. */
export type RecorderSettings = Required<Omit<RecorderOptions, 'stills' | 'zone' | 'writing' | 'rewind'>> &
  Pick<RecorderOptions, 'stills' | 'zone' | 'rewind'> & { readonly writing: WriteLimits };

/**
 * What may wait for the disk and what a power cut may take, unless told otherwise: 16 MiB, and one second. Each fragment
 * is written at once, so that a crash of the program takes half a second; between syncs the system collects them itself.
 */
export const DEFAULT_WRITE_LIMITS: WriteLimits = {
  queueBytes: 16 * 2 ** 20,
  flushBytes: 0,
  fsyncMs: 1000,
  fragmentMs: 500,
};

/** Durations in the header of a file go up to 13 h. */
const LONGEST_SEGMENT = micros(12 * 3_600_000_000);

/**
 * Fills in the defaults.
 * @throws {RangeError} a value that cannot be; field, value and what would do are named.
 */
export function recorderSettings(options: RecorderOptions): RecorderSettings {
  const settings = {
    stillQuality: 30,
    segment: micros(60_000_000),
    onDemandSegment: micros(3_600_000_000),
    onDemandLimit: micros(3_600_000_000),
    makeRoom: () => Promise.resolve(false),
    disk: NODE_DISK,
    monotonic: () => performance.now(),
    ...options,
    writing: { ...DEFAULT_WRITE_LIMITS, ...options.writing },
  };
  for (const name of ['segment', 'onDemandSegment'] as const) {
    const value = settings[name];
    if (!Number.isInteger(value) || value < 100_000 || value > LONGEST_SEGMENT) {
      throw new RangeError(`${name} ${value} µs, need a whole number from 100000 (0.1 s) to 12 h`);
    }
  }
  if (!settings.root.startsWith('/')) throw new RangeError(`root "${settings.root}", need an absolute path`);
  const { fragmentMs, queueBytes } = settings.writing;
  if (!(fragmentMs >= 20)) throw new RangeError(`fragmentMs ${fragmentMs}, need 20 or more`);
  if (!(queueBytes >= 2 ** 16)) throw new RangeError(`queueBytes ${queueBytes}, need 65536 or more`);
  return settings;
}
