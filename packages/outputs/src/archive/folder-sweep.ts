import { hourFolders, listHour } from './folder-listing.ts';
import type { RecordedFile } from './recorded-file.ts';
import { siblingPath } from './recording-path.ts';

/** What a sweep compares the disk with, and tells what it finds. */
export interface SweepTarget {
  readonly root: string;
  /** Every folder that something is known of. */
  folders(): readonly string[];
  inFolder(folder: string): ReadonlyMap<string, RecordedFile>;
  /** When the folder was last changed, as it was when it was last looked through. */
  seenAt(folder: string): number | undefined;
  /** The folder was looked through as it was then. */
  seen(folder: string, changedMs: number): void;
  /** A recording that was not known. */
  found(path: string, options: { readonly thumbnail: boolean }): void;
  /** A recording that is there no more. */
  lost(path: string): void;
  /** A picture came to lie beside a known recording, or is gone. */
  pictured(file: RecordedFile, options: { readonly thumbnail: boolean }): void;
}

/** What a sweep did. */
export interface SweepResult {
  readonly folders: number;
  /** Folders that had changed, and were looked through. */
  readonly looked: number;
  /** Files that are not ours to serve, in those. */
  readonly others: number;
}

/**
 * A folder that was changed so shortly before it was looked through may be changed again without its time moving on: file
 * systems count in ticks of some milliseconds, some in two seconds. It is looked through again next time.
 */
const SETTLED_MS = 2_500;

/**
 * Makes known what others did to the folders: files copied in, deleted, moved. Only folders whose time of change moved on since
 * the last sweep are read.
 *
 * @throws {Error} of the file system, when the root cannot be read: then nothing is known to be gone.
 */
export async function sweepFolders(
  target: SweepTarget,
  { nowMs, signal }: { readonly nowMs: () => number; readonly signal: AbortSignal },
): Promise<SweepResult> {
  const missing = new Set(target.folders());
  let folders = 0;
  let looked = 0;
  let others = 0;
  for await (const { folder, changedMs } of hourFolders(target.root)) {
    if (signal.aborted) return { folders, looked, others };
    missing.delete(folder);
    folders++;
    if (target.seenAt(folder) === changedMs) continue;
    const startedMs = nowMs();
    others += await reconcile(target, folder);
    looked++;
    if (changedMs < startedMs - SETTLED_MS) target.seen(folder, changedMs);
  }
  for (const folder of missing) {
    for (const path of target.inFolder(folder).keys()) target.lost(path);
  }
  return { folders, looked, others };
}

async function reconcile(target: SweepTarget, folder: string): Promise<number> {
  const { recordings, pictures, others } = await listHour(target.root, folder);
  const known = target.inFolder(folder);
  const there = new Set(recordings);
  for (const path of known.keys()) {
    if (!there.has(path)) target.lost(path);
  }
  for (const path of recordings) {
    const thumbnail = pictures.has(siblingPath(path, 'jpg'));
    const file = known.get(path);
    if (file === undefined) target.found(path, { thumbnail });
    else if (file.thumbnail !== thumbnail) target.pictured(file, { thumbnail });
  }
  return others;
}
