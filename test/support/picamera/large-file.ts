import { createHash } from 'node:crypto';
import { mkdir, open } from 'node:fs/promises';
import { dirname } from 'node:path';

/** A file, and what its bytes come to. */
export interface LargeFile {
  readonly path: string;
  readonly sha256: string;
}

const BLOCK_BYTES = 2 ** 20;

/** Writes a file of a size, whose bytes repeat nowhere near. */
export async function writeLargeFile(path: string, sizeBytes: number): Promise<LargeFile> {
  await mkdir(dirname(path), { recursive: true });
  const file = await open(path, 'w');
  const hash = createHash('sha256');
  const block = new Uint32Array(BLOCK_BYTES / 4);
  for (let at = 0, word = 1; at < sizeBytes; at += BLOCK_BYTES) {
    for (let i = 0; i < block.length; i++) {
      word = (Math.imul(word, 1_664_525) + 1_013_904_223) >>> 0;
      block[i] = word;
    }
    const part = new Uint8Array(block.buffer, 0, Math.min(BLOCK_BYTES, sizeBytes - at));
    hash.update(part);
    await file.write(part);
  }
  await file.close();
  return { path, sha256: hash.digest('hex') };
}
