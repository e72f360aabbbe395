import { open } from 'node:fs/promises';
import { micros, millis } from '@pinhole/core';
import {
  AccessUnitAssembler,
  type AssembledUnit,
  nalUnits,
  PictureOrderInspector,
} from '@pinhole/media/h264';
import type { ClipPass, ClipPicture } from './clip.ts';
import { noH264 } from './clip-error.ts';
import { DisplayOrder } from './display-order.ts';

const CHUNK_BYTES = 64 * 1024;
const FALLBACK_FRAMES_PER_SECOND = 25;

/**
 * Reads a raw H.264 file (Annex B). Its pictures have no times: they follow each other at `framesPerSecond`, else at the
 * rate that the first SPS tells, else at 25 a second, shown in the order of their picture order counts.
 *
 * @throws {PinholeError} `source/no-h264` at the end of a file without any key picture; errors of the file system.
 */
export async function* readAnnexBClip(
  path: string,
  options: { readonly framesPerSecond?: number | undefined },
): ClipPass {
  const clip = new AnnexBPass(options.framesPerSecond);
  for await (const unit of assembledUnits(path)) yield* clip.push(unit);
  yield* clip.flush();
  if (clip.pictures === 0) throw noH264(path, 'no H.264 key picture: another codec, or a cut-off beginning');
  return micros(Math.round(clip.pictures * clip.intervalMicros));
}

async function* assembledUnits(path: string): AsyncGenerator<AssembledUnit, void, void> {
  const file = await open(path);
  try {
    const assembler = new AccessUnitAssembler();
    const chunk = new Uint8Array(CHUNK_BYTES);
    for (;;) {
      const { bytesRead } = await file.read(chunk, 0, CHUNK_BYTES);
      if (bytesRead === 0) break;
      yield* assembler.push(chunk.subarray(0, bytesRead), millis(0));
    }
    const last = assembler.flush();
    if (last !== undefined) yield last;
  } finally {
    await file.close();
  }
}

class AnnexBPass {
  readonly #inspector = new PictureOrderInspector();
  readonly #display = new DisplayOrder<AssembledUnit>();
  #framesPerSecond: number | undefined;
  #lastOrder = 0;
  /** Pictures from the first key picture on. */
  pictures = 0;

  constructor(framesPerSecond: number | undefined) {
    this.#framesPerSecond = framesPerSecond;
  }

  get intervalMicros(): number {
    return 1e6 / (this.#framesPerSecond ?? FALLBACK_FRAMES_PER_SECOND);
  }

  *push(unit: AssembledUnit): Generator<ClipPicture, void, void> {
    const { order, sps } = this.#inspector.inspect(nalUnits(unit.data));
    if (this.pictures === 0 && !unit.key) return;
    this.pictures++;
    this.#framesPerSecond ??= sps?.framesPerSecond;
    this.#lastOrder = order ?? this.#lastOrder + 1;
    yield* this.#timed(this.#display.push(unit, { order: this.#lastOrder, restart: unit.key }));
  }

  *flush(): Generator<ClipPicture, void, void> {
    yield* this.#timed(this.#display.flush());
  }

  *#timed(
    ranked: readonly { readonly picture: AssembledUnit; readonly rank: number }[],
  ): Generator<ClipPicture, void, void> {
    for (const { picture, rank } of ranked) {
      yield { data: picture.data, key: picture.key, pts: micros(Math.round(rank * this.intervalMicros)) };
    }
  }
}
