import type { Dirent } from 'node:fs';
import { lstat, readdir, rmdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { codeOf } from './confined-folder.ts';
import { parseRecordingPath, RecordingPathError } from './recording-path.ts';

/** One hour's folder on the disk. */
export interface HourFolder {
  /** Below the root of the camera. */
  readonly folder: string;
  /** When a file was last added to it or taken from it. */
  readonly changedMs: number;
}

/** What an hour's folder has. */
export interface HourListing {
  /** Paths of recordings, by name. */
  readonly recordings: readonly string[];
  /** Paths of pictures. */
  readonly pictures: ReadonlySet<string>;
  /** Other names and other things than files: not touched, not served. */
  readonly others: number;
}

const DAY = /^\d{8}$/;
const HOUR = /^\d{2}$/;

/**
 * Every hour's folder below a root, the oldest day first. Links are not followed.
 * @throws {Error} of the file system, when the root itself cannot be read.
 */
export async function* hourFolders(root: string): AsyncGenerator<HourFolder, void, void> {
  const names = folderNames(await readdir(root, { withFileTypes: true }));
  const branches = [
    { branch: '', days: names.filter((name) => DAY.test(name)) },
    {
      branch: 'on-demand/',
      days: names.includes('on-demand') ? await foldersOf(join(root, 'on-demand'), DAY) : [],
    },
  ];
  for (const { branch, days } of branches) {
    for (const day of days.toSorted()) {
      for (const hour of await foldersOf(join(root, branch, day), HOUR)) {
        const folder = `${branch}${day}/${hour}`;
        const changedMs = await changeOf(join(root, folder));
        if (changedMs !== undefined) yield { folder, changedMs };
      }
    }
  }
}

/** What lies in an hour's folder; nothing when it is gone. */
export async function listHour(root: string, folder: string): Promise<HourListing> {
  const recordings: string[] = [];
  const pictures = new Set<string>();
  let others = 0;
  for (const entry of await entriesOf(join(root, folder))) {
    const path = [folder, entry.name].join('/');
    const kind = entry.isFile() ? kindOf(path) : undefined;
    if (kind === 'mp4') recordings.push(path);
    else if (kind === 'jpg') pictures.add(path);
    else others++;
  }
  return { recordings: recordings.toSorted(), pictures, others };
}

/** Removes the folder of an hour if it is empty, and then that of the day. */
export async function removeEmptied(root: string, folder: string): Promise<void> {
  for (const emptied of [folder, dirname(folder)]) {
    try {
      await rmdir(join(root, emptied));
    } catch (thrown) {
      const code = codeOf(thrown);
      if (code === 'ENOENT') continue;
      // Not empty, or not ours to remove: it may stay.
      return;
    }
  }
}

function kindOf(path: string): 'mp4' | 'jpg' | undefined {
  try {
    return parseRecordingPath(path).kind;
  } catch (thrown) {
    if (thrown instanceof RecordingPathError) return undefined;
    throw thrown;
  }
}

const foldersOf = async (place: string, name: RegExp): Promise<string[]> =>
  folderNames(await entriesOf(place))
    .filter((found) => name.test(found))
    .toSorted();

const folderNames = (entries: readonly Dirent[]): string[] =>
  entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);

/** Folders come and go while they are walked through, and one that may not be read has nothing for us. */
async function entriesOf(place: string): Promise<Dirent[]> {
  try {
    return await readdir(place, { withFileTypes: true });
  } catch (thrown) {
    if (GONE.has(codeOf(thrown) ?? '')) return [];
    throw thrown;
  }
}

async function changeOf(place: string): Promise<number | undefined> {
  try {
    return (await lstat(place)).mtimeMs;
  } catch (thrown) {
    if (GONE.has(codeOf(thrown) ?? '')) return undefined;
    throw thrown;
  }
}

const GONE: ReadonlySet<string> = new Set(['ENOENT', 'ENOTDIR', 'EACCES', 'ELOOP']);
