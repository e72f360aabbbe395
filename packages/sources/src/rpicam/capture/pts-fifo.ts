import { closeSync, constants, openSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { type Micros, micros } from '@pinhole/core';
import { runBriefly } from '../program/run-briefly.ts';

/**
 * A named pipe through which a capture program tells when each picture was taken; it opens it by its path, as it would a
 * file. In a folder of its own that nobody else may enter.
 */
export class PtsFifo {
  readonly path: string;
  readonly #folder: string;

  private constructor(folder: string) {
    this.#folder = folder;
    this.path = join(folder, 'pts');
  }

  /** Makes one. @returns undefined where that cannot be done: pictures are dated by their arrival then. */
  static async make(): Promise<PtsFifo | undefined> {
    let folder: string;
    try {
      folder = await mkdtemp(join(tmpdir(), 'pinhole-rpicam-'));
    } catch {
      return undefined; // no place to write in: a read-only system without /tmp
    }
    const fifo = new PtsFifo(folder);
    const { code } = await runBriefly('mkfifo', ['-m', '600', fifo.path]);
    if (code === 0) return fifo;
    await fifo.remove();
    return undefined;
  }

  /**
   * Reads what the next program writes, and nothing that an earlier one left.
   * @returns a function that ends it.
   */
  read(onStamp: (pts: Micros) => void): () => void {
    // For reading and writing: never at its end, whether or not the program has opened it.
    const descriptor = openSync(this.path, constants.O_RDWR | constants.O_NONBLOCK);
    let pipe: Socket;
    try {
      pipe = new Socket({ fd: descriptor, readable: true, writable: false });
    } catch (thrown) {
      closeSync(descriptor);
      throw thrown;
    }
    pipe.on('error', () => {}); // without it stamps stop, and are given up
    const lines = createInterface({ input: pipe });
    lines.on('line', (line) => {
      const pts = parsePtsLine(line);
      if (pts !== undefined) onStamp(pts);
    });
    return () => {
      lines.close();
      pipe.destroy();
    };
  }

  /** Removes it. */
  async remove(): Promise<void> {
    await rm(this.#folder, { recursive: true, force: true });
  }
}

/** A line of a `timecode format v2` file, milliseconds with three decimals; undefined for its heading. */
export function parsePtsLine(line: string): Micros | undefined {
  if (!/^\d+\.\d{3}$/.test(line)) return undefined;
  return micros(Math.round(Number(line) * 1000));
}
