import type { FileQuery } from '@pinhole/protocol/picamera';
import type { ConfinedFile } from '../../archive/confined-folder.ts';

/** One video, as viewers are told of it. */
export interface VideoEntry {
  /** Absolute, on this device. */
  readonly path: string;
  /** Whole seconds; 0 when it is not known. */
  readonly durationSeconds: number;
}

/** The videos of one device, which viewers may look through and fetch: what it recorded, and time-lapse films beside. */
export interface VideoLibrary {
  /**
   * What fits a query, newest first; nothing when nothing does.
   * @throws {PinholeError} `picamera/outside` or `recording/*` for a path that is none of a video here
   */
  find(query: FileQuery): Promise<readonly VideoEntry[]>;
  /** The picture of a video, a JPEG file; nothing when it has none. */
  thumbnail(entry: VideoEntry): Promise<Uint8Array | undefined>;
  /**
   * Opens a video, or the picture beside a recording. Whoever asked closes it.
   * @throws {PinholeError} `picamera/outside`, `recording/*`
   */
  open(path: string): Promise<ConfinedFile>;
}
