import type { JpegDecoder } from '@pinhole/ffmpeg';
import type { RecorderDisk } from './disk.ts';
import type { WriteLane } from './write-lanes.ts';

/** What makes a JPEG of a key unit; `JpegDecoder` of `@pinhole/ffmpeg`. */
export type StillDecoder = Pick<JpegDecoder, 'decode'>;

/** What a writer is made with. */
export interface StillWriterOptions {
  /** Without one no stills are made. */
  readonly decoder: StillDecoder | undefined;
  /** 1 (smallest) to 100 (best). */
  readonly quality: number;
  readonly disk: RecorderDisk;
  readonly lane: WriteLane;
}

/** What became of stills. */
export interface StillCounters {
  readonly stills: number;
  /** Not made: decoding or writing failed. */
  readonly stillsFailed: number;
  /** Not made: the one before was not ready yet. */
  readonly stillsSkipped: number;
}

/** Puts a picture beside each file. A still is a convenience: that one cannot be made is counted and hurts nobody. */
export class StillWriter {
  readonly #options: StillWriterOptions;
  readonly #counters = { stills: 0, stillsFailed: 0, stillsSkipped: 0 };
  #making: Promise<void> | undefined;

  constructor(options: StillWriterOptions) {
    this.#options = options;
  }

  /** A copy of the counts so far. */
  get counters(): StillCounters {
    return { ...this.#counters };
  }

  /** Begins to make one of `keyUnit`, an Annex B key unit with its parameter sets. */
  make(path: string, keyUnit: Uint8Array): void {
    if (this.#options.decoder === undefined) return;
    if (this.#making !== undefined) {
      this.#counters.stillsSkipped++;
      return;
    }
    this.#making = this.#make(path, keyUnit).then(
      () => {
        this.#counters.stills++;
        this.#making = undefined;
      },
      () => {
        this.#counters.stillsFailed++;
        this.#making = undefined;
      },
    );
  }

  /** Resolves when none is being made. */
  async idle(): Promise<void> {
    await this.#making;
  }

  async #make(path: string, keyUnit: Uint8Array): Promise<void> {
    const { decoder, quality, disk, lane } = this.#options;
    const picture = await decoder?.decode({ units: [keyUnit], quality });
    if (picture === undefined) return;
    // Under another name first: half a picture would look like one.
    const unfinished = `${path}.part`;
    await lane.run(async () => {
      try {
        await disk.writeFile(unfinished, picture.jpeg, { mode: 0o640 });
        await disk.rename(unfinished, path);
      } catch (thrown) {
        await disk.unlink(unfinished).catch(() => {}); // what is wrong was thrown already
        throw thrown;
      }
    });
  }
}
