import type { FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { MalformedError } from '@pinhole/core';
import { type BoxHeader, LONGEST_BOX_HEADER_BYTES, parseBoxHeader } from '@pinhole/media/fmp4';
import type { RecorderDisk } from './disk.ts';

/** A walk over a file looks at so many boxes at most: an hour in fragments of half a second has 22 000. */
const MOST_BOXES = 500_000;

/**
 * Cuts off what a power cut left behind the last whole fragment of a file: browsers stop with an error there, where they
 * would have come to the end. Only the process that has the root may do it.
 * @returns bytes that were cut off; 0 for a file that is whole, and for one that is no recording
 * @throws the file system's errors
 */
export async function trimTornFile(path: string, { disk }: { readonly disk: RecorderDisk }): Promise<number> {
  const handle = await disk.open(path, 'r+');
  try {
    const { size } = await handle.stat();
    const end = await wholeBytes(handle, size);
    if (end === undefined || end === size) return 0;
    await handle.truncate(end);
    await handle.datasync();
    return size - end;
  } finally {
    await handle.close();
  }
}

/** Up to the end of the last mdat, or of what else is whole behind it. @returns undefined without a whole header */
async function wholeBytes(handle: FileHandle, size: number): Promise<number | undefined> {
  const header = new Uint8Array(LONGEST_BOX_HEADER_BYTES);
  let offset = 0;
  let whole: number | undefined;
  for (let count = 0; count < MOST_BOXES && offset < size; count++) {
    const { bytesRead } = await handle.read(header, 0, header.byteLength, offset);
    const box = boxAt(header.subarray(0, bytesRead));
    if (box === undefined || offset + box.sizeBytes > size) return whole;
    offset += box.sizeBytes;
    // Of prft and moof nothing can be played until their mdat is there.
    if (box.type === 'moov' || box.type === 'mdat' || box.type === 'mfra') whole = offset;
  }
  return whole;
}

function boxAt(bytes: Uint8Array): BoxHeader | undefined {
  try {
    return parseBoxHeader(bytes);
  } catch (thrown) {
    if (thrown instanceof MalformedError) return undefined;
    throw thrown;
  }
}

const DAY = /^\d{8}$/;
const HOUR = /^\d{2}$/;
const FILE = /^\d{8}_\d{6}(?:_\d+)?\.mp4$/;

/**
 * The file of a tree that was made last. Times of change tell, not names: a clock may have been set.
 * @returns undefined where there is none
 * @throws the file system's errors
 */
export async function newestFile(
  root: string,
  { disk }: { readonly disk: RecorderDisk },
): Promise<string | undefined> {
  let path: string | undefined = root;
  for (const names of [DAY, HOUR, FILE]) {
    if (path === undefined) return undefined;
    path = await newestIn(path, names, disk);
  }
  return path;
}

async function newestIn(folder: string, names: RegExp, disk: RecorderDisk): Promise<string | undefined> {
  let newest: { readonly path: string; readonly changedMs: number } | undefined;
  for (const name of await disk.readdir(folder)) {
    if (!names.test(name)) continue;
    const path = join(folder, name);
    const { mtimeMs } = await disk.lstat(path);
    if (newest === undefined || mtimeMs > newest.changedMs) newest = { path, changedMs: mtimeMs };
  }
  return newest?.path;
}
