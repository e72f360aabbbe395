import { stat, statfs } from 'node:fs/promises';
import { type Logger, type Micros, messageOf, PinholeError } from '@pinhole/core';
import type { Archive } from './archive.ts';
import type { RecordedFile } from './recorded-file.ts';

/** How much is kept. What is left out limits nothing, but free space. */
export interface RetentionLimits {
  /** Free space that each disk must have. */
  readonly minFreeBytes?: number;
  /** Background recordings that ended longer ago go. */
  readonly maxAge?: Micros;
  /** Recordings that somebody asked for and that ended longer ago go. */
  readonly maxOnDemandAge?: Micros;
  /** All cameras together take no more. */
  readonly maxTotalBytes?: number;
}

/** Space of a file system. */
export interface DiskSpace {
  /** What we may still use. */
  readonly freeBytes: number;
  /** Tells this file system from others. */
  readonly device: string;
}

/** What room is made with. */
export interface RetentionOptions {
  /** All cameras; asked each time. */
  readonly archives: () => readonly Archive[];
  readonly limits: RetentionLimits;
  readonly now: () => Micros;
  readonly log: Logger;
  /** Recordings for which it is true stay: a copy of them is to be made elsewhere first. */
  readonly isHeld?: (archive: Archive, file: RecordedFile) => boolean;
  /** The space of the file system on which a folder lies; tests give their own. */
  readonly spaceOf?: (folder: string) => Promise<DiskSpace>;
}

/** What happened since the program started. */
export interface RetentionCounters {
  readonly filesDeletedForSpace: number;
  readonly filesDeletedForAge: number;
  readonly filesDeletedForTotal: number;
  readonly bytesDeleted: number;
  /** Deletions that the disk refused. */
  readonly deletionsFailed: number;
  /** Times that room could not be made. */
  readonly roomNotMade: number;
}

/** How it went. */
export interface RoomMade {
  readonly files: number;
  readonly sizeBytes: number;
  /** Every limit is kept. If not, `why` says what stands in the way. */
  readonly enough: boolean;
  readonly why?: string;
}

/** What the daemons whose layout this is keep free. */
export const MIN_FREE_BYTES = 400 * 2 ** 20;

type Reason = 'Space' | 'Age' | 'Total';

interface Candidate {
  readonly archive: Archive;
  readonly file: RecordedFile;
}

/**
 * Deletes old recordings so that new ones find room. The policy:
 *
 * - Oldest first over all cameras of a disk. So all cameras reach back equally far, and a camera of many bits a second does
 *   not push out the days of the others any more than its own.
 * - What somebody asked for goes last: on-demand recordings are deleted for space only when there is no background recording
 *   left to delete, and never for the age of background recordings.
 * - A recording that is being written stays, and so does one that is held until a copy of it is made.
 * - The picture beside a recording goes with it, and folders that it leaves empty.
 *
 * What is deleted is taken from the index: no folder is walked through.
 */
export class Retention {
  readonly #options: RetentionOptions;
  readonly #counters = {
    filesDeletedForSpace: 0,
    filesDeletedForAge: 0,
    filesDeletedForTotal: 0,
    bytesDeleted: 0,
    deletionsFailed: 0,
    roomNotMade: 0,
  };
  #running: Promise<RoomMade> | undefined;

  constructor(options: RetentionOptions) {
    this.#options = options;
  }

  /** A copy of the counts so far. */
  get counters(): RetentionCounters {
    return { ...this.#counters };
  }

  /** Makes room as far as limits ask for it. Calls while it runs get its outcome. Never throws. */
  makeRoom(): Promise<RoomMade> {
    this.#running ??= this.#makeRoom().finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  async #makeRoom(): Promise<RoomMade> {
    const { log } = this.#options;
    const made = { files: 0, sizeBytes: 0 };
    const faults: string[] = [];
    // One that could not be deleted must not be tried for ever.
    const stuck = new Set<RecordedFile>();
    const room = { made, faults, stuck };
    await this.#endOld(room);
    await this.#keepTotal(room);
    for (const disk of await this.#disks(faults)) await this.#keepFree(disk, room);
    if (made.files > 0) log.info({ ...made }, 'old recordings were deleted');
    if (faults.length === 0) return { ...made, enough: true };
    this.#counters.roomNotMade++;
    const why = faults.join('; ');
    log.warn({ why }, 'room for recordings could not be made');
    return { ...made, enough: false, why };
  }

  async #endOld(room: Room): Promise<void> {
    const { limits, now } = this.#options;
    const oldest = (age: Micros | undefined): number =>
      age === undefined ? Number.NEGATIVE_INFINITY : now() - age;
    const [background, onDemand] = [oldest(limits.maxAge), oldest(limits.maxOnDemandAge)];
    for (const archive of this.#options.archives()) {
      const old = archive.files.filter(
        (file) =>
          file.endTime < (file.onDemand ? onDemand : background) && this.#mayGo({ archive, file }, room),
      );
      for (const file of old) await this.#delete({ archive, file }, { reason: 'Age', room });
    }
  }

  async #keepTotal(room: Room): Promise<void> {
    const { limits, archives } = this.#options;
    const { maxTotalBytes = Number.POSITIVE_INFINITY } = limits;
    const total = (): number => archives().reduce((sum, { state }) => sum + state.sizeBytes, 0);
    while (total() > maxTotalBytes) {
      const candidate = this.#oldest(archives(), room);
      if (candidate === undefined) {
        room.faults.push(
          `recordings take ${total()} bytes of the ${maxTotalBytes} they may; ${this.#whatIsLeft()}`,
        );
        return;
      }
      await this.#delete(candidate, { reason: 'Total', room });
    }
  }

  async #keepFree(disk: readonly Archive[], room: Room): Promise<void> {
    const { minFreeBytes = MIN_FREE_BYTES } = this.#options.limits;
    const [first] = disk;
    if (first === undefined) return;
    let { freeBytes } = await this.#spaceOf(first.root);
    while (freeBytes < minFreeBytes) {
      const before = room.made.sizeBytes;
      // Counted, not asked for after each one: what somebody still reads is freed later, and must not cost other recordings.
      while (freeBytes + room.made.sizeBytes - before < minFreeBytes) {
        const candidate = this.#oldest(disk, room);
        if (candidate === undefined) {
          const { freeBytes: left } = await this.#spaceOf(first.root);
          if (left >= minFreeBytes) return;
          room.faults.push(`the disk of ${first.root} ${short(left, minFreeBytes)}; ${this.#whatIsLeft()}`);
          return;
        }
        await this.#delete(candidate, { reason: 'Space', room });
      }
      const { freeBytes: now } = await this.#spaceOf(first.root);
      if (now < minFreeBytes && now - freeBytes < (room.made.sizeBytes - before) / 2) {
        room.faults.push(
          `the disk of ${first.root} ${short(now, minFreeBytes)}; what was deleted is still being read, or the disk keeps it`,
        );
        return;
      }
      freeBytes = now;
    }
  }

  /** Archives by the disk that they lie on. One whose folder cannot be asked has no room to be made. */
  async #disks(faults: string[]): Promise<readonly (readonly Archive[])[]> {
    const disks = new Map<string, Archive[]>();
    for (const archive of this.#options.archives()) {
      try {
        const { device } = await this.#spaceOf(archive.root);
        disks.set(device, [...(disks.get(device) ?? []), archive]);
      } catch (thrown) {
        faults.push(`the disk of ${archive.root} cannot be asked: ${messageOf(thrown)}`);
      }
    }
    return [...disks.values()];
  }

  /** The oldest background recording of these cameras, or the oldest on-demand one if there is none. */
  #oldest(archives: readonly Archive[], room: Room): Candidate | undefined {
    const oldestOf = (wanted: (file: RecordedFile) => boolean): Candidate | undefined =>
      archives
        .map((archive) => ({
          archive,
          file: archive.files.find((file) => wanted(file) && this.#mayGo({ archive, file }, room)),
        }))
        .filter((candidate): candidate is Candidate => candidate.file !== undefined)
        .reduce<Candidate | undefined>(
          (oldest, each) => (oldest && oldest.file.startTime <= each.file.startTime ? oldest : each),
          undefined,
        );
    return oldestOf(({ onDemand }) => onDemand === undefined) ?? oldestOf(() => true);
  }

  #mayGo({ archive, file }: Candidate, { stuck }: Room): boolean {
    const { isHeld = () => false } = this.#options;
    return !stuck.has(file) && !archive.isInUse(file.path) && !isHeld(archive, file);
  }

  async #delete(
    { archive, file }: Candidate,
    { reason, room }: { reason: Reason; room: Room },
  ): Promise<void> {
    try {
      const sizeBytes = await archive.delete(file.path);
      this.#counters[`filesDeletedFor${reason}`]++;
      this.#counters.bytesDeleted += sizeBytes;
      room.made.files++;
      room.made.sizeBytes += sizeBytes;
    } catch (thrown) {
      // Others were faster; the index knows by now.
      if (thrown instanceof PinholeError && thrown.code === 'recording/not-found') return;
      this.#counters.deletionsFailed++;
      room.stuck.add(file);
      this.#options.log.warn(
        { path: file.path, error: messageOf(thrown) },
        'an old recording cannot be deleted',
      );
    }
  }

  /** Why there is nothing to delete, in words. */
  #whatIsLeft(): string {
    const { archives, isHeld = () => false } = this.#options;
    const left = archives().flatMap((archive) => archive.files.map((file) => ({ archive, file })));
    const held = left.filter(({ archive, file }) => isHeld(archive, file)).length;
    if (held > 0) return `${held} recordings wait for being uploaded and are kept until then`;
    return left.length === 0
      ? 'there is no recording to delete'
      : 'what is left is being written or cannot be deleted';
  }

  #spaceOf(folder: string): Promise<DiskSpace> {
    return (this.#options.spaceOf ?? diskSpaceOf)(folder);
  }
}

interface Room {
  readonly made: { files: number; sizeBytes: number };
  readonly faults: string[];
  readonly stuck: Set<RecordedFile>;
}

const short = (freeBytes: number, wanted: number): string =>
  `has ${freeBytes} bytes free, ${wanted} are wanted`;

/** The space of the file system on which a folder lies. @throws {Error} of the file system */
export async function diskSpaceOf(folder: string): Promise<DiskSpace> {
  const [space, { dev }] = await Promise.all([statfs(folder), stat(folder)]);
  return { freeBytes: space.bavail * space.bsize, device: String(dev) };
}
