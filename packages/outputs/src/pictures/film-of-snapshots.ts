import { FfmpegError, JpegDecoder } from '@pinhole/ffmpeg';
import type { DecodedJpeg, PictureDecoder, UnitToDecode } from './picture-decoder.ts';

/** What a film of snapshots is made with. */
export interface FilmOfSnapshotsOptions {
  /** 1 to 100. */
  readonly quality: number;
  readonly picture: (picture: DecodedJpeg) => void;
  readonly failed: (error: FfmpegError) => void;
}

const INTERVAL_MS = 500;
/** A longer group of pictures shows its beginning only. */
const MOST_UNITS = 600;
const MAX_FAILURES = 3;

/** A picture twice a second at most, each decoded from the last key unit on: slow, and right, with any FFmpeg. */
export class FilmOfSnapshots implements PictureDecoder {
  readonly #options: FilmOfSnapshotsOptions;
  readonly #decoder = new JpegDecoder({ backend: 'command' });
  readonly #timer: ReturnType<typeof setInterval>;
  #quality: number;
  #group: UnitToDecode[] = [];
  #shown: UnitToDecode | undefined;
  #busy = false;
  #failures = 0;
  #over = false;

  constructor(options: FilmOfSnapshotsOptions) {
    this.#options = options;
    this.#quality = options.quality;
    this.#timer = setInterval(() => void this.#show(), INTERVAL_MS);
  }

  push(unit: UnitToDecode, taken: () => void): void {
    if (unit.key) this.#group = [];
    if (this.#group.length < MOST_UNITS) this.#group.push(unit);
    taken();
  }

  /** It cannot go faster. */
  setRate(): void {}

  setQuality(quality: number): void {
    this.#quality = quality;
  }

  close(): void {
    this.#over = true;
    clearInterval(this.#timer);
    void this.#decoder.close();
  }

  async #show(): Promise<void> {
    const newest = this.#group.at(-1);
    if (this.#busy || !newest || newest === this.#shown) return;
    this.#busy = true;
    this.#shown = newest;
    try {
      const units = this.#group.map(({ data }) => data);
      const picture = await this.#decoder.decode({ units, quality: this.#quality });
      this.#failures = 0;
      if (!this.#over) this.#options.picture({ ...picture, captureTime: newest.captureTime });
    } catch (thrown) {
      if (!(thrown instanceof FfmpegError)) throw thrown;
      this.#failures++;
      if (this.#over || this.#failures < MAX_FAILURES) return;
      this.close();
      this.#options.failed(thrown);
    } finally {
      this.#busy = false;
    }
  }
}
