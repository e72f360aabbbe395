import { open } from 'node:fs/promises';
import { micros } from '@pinhole/core';
import { readAnnexBClip } from './annex-b-clip.ts';
import type { ClipPass, TimedPicture } from './clip.ts';
import { clipError } from './clip-error.ts';
import { readContainerClip } from './container-clip.ts';
import { DecodeTimes } from './decode-times.ts';

/** How a file is read. */
export interface PlayedClipOptions {
  readonly path: string;
  readonly loop: boolean;
  /** Whether sound is read too. */
  readonly audio: 'off' | 'on';
  /** Rate of a raw H.264 file, in place of what it tells. */
  readonly framesPerSecond?: number | undefined;
}

/**
 * The pictures of a file in decoding order, over and over with `loop`: the times of each round go on where those of the
 * round before ended. Reads ahead a few dozen pictures, never the whole file.
 *
 * @throws {PinholeError} `source/file-not-found`, `source/file-unreadable`, `source/no-h264`
 */
export async function* playedClip(options: PlayedClipOptions): AsyncGenerator<TimedPicture, void, void> {
  let offset = 0;
  let lastDts = Number.NEGATIVE_INFINITY;
  do {
    const round = oneRound(options);
    try {
      for (let step = await round.next(); ; step = await round.next()) {
        if (step.done) {
          offset += step.value;
          break;
        }
        const { pts, dts, sounds, ...picture } = step.value;
        // A round whose delay grew on the way ends later than the next one begins; times still never fall.
        lastDts = Math.max(lastDts, dts + offset);
        yield {
          ...picture,
          pts: micros(pts + offset),
          dts: micros(lastDts),
          ...(sounds && { sounds: sounds.map((sound) => ({ ...sound, pts: micros(sound.pts + offset) })) }),
        };
      }
    } catch (thrown) {
      throw clipError(options.path, thrown);
    } finally {
      await round.return(0);
    }
  } while (options.loop);
}

async function* oneRound(options: PlayedClipOptions): AsyncGenerator<TimedPicture, number, void> {
  const pass: ClipPass = (await isAnnexB(options.path))
    ? readAnnexBClip(options.path, options)
    : readContainerClip(options.path, options);
  const times = new DecodeTimes();
  try {
    for (let step = await pass.next(); ; step = await pass.next()) {
      if (step.done) {
        yield* times.flush();
        return step.value;
      }
      const timed = times.push(step.value);
      if (timed !== undefined) yield timed;
    }
  } finally {
    await pass.return(micros(0));
  }
}

/** The file begins with a start code, whatever its name says. */
async function isAnnexB(path: string): Promise<boolean> {
  const file = await open(path);
  try {
    const head = new Uint8Array(4);
    const { bytesRead } = await file.read(head, 0, head.byteLength, 0);
    if (bytesRead < head.byteLength || head[0] !== 0 || head[1] !== 0) return false;
    return head[2] === 1 || (head[2] === 0 && head[3] === 1);
  } finally {
    await file.close();
  }
}
