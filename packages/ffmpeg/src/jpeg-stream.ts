import { type Micros, messageOf } from '@pinhole/core';
import { chooseBackend, type FfmpegOptions, markNotLoaded } from './backend.ts';
import { FfmpegError } from './failure.ts';
import type { JpegOptions, JpegPicture } from './jpeg-options.ts';
import { scrubCredentials } from './scrub.ts';
import type { UnitToShow } from './worker/messages.ts';
import { WorkerProcess } from './worker-process.ts';

/** A JPEG and when its picture was captured. */
export interface DatedJpeg extends JpegPicture {
  readonly captureTime: Micros;
}

/** What a stream of JPEG pictures is made with. */
export interface JpegStreamOptions extends JpegOptions, Pick<FfmpegOptions, 'backend'> {
  /** At most. */
  readonly framesPerSecond: number;
  readonly picture: (picture: DatedJpeg) => void;
  /** It is over: told once, and not after `close`. */
  readonly failed: (error: FfmpegError) => void;
}

/** Decodes H.264 units as they come in a child process, and makes JPEG files of their pictures. Needs node-av. */
export class JpegStream {
  readonly #options: JpegStreamOptions;
  readonly #process: WorkerProcess;
  #framesPerSecond: number;
  #quality: number;
  #waiting: { readonly unit: UnitToShow; readonly taken: () => void }[] = [];
  #ready = false;
  #over = false;

  /**
   * Starts the child.
   * @throws {FfmpegError} `ffmpeg/missing` where node-av is not installed
   */
  constructor(options: JpegStreamOptions) {
    const backend = chooseBackend({ backend: 'node-av', ...options });
    if (backend.kind !== 'node-av') throw new FfmpegError('ffmpeg/missing', 'a stream of JPEG needs node-av');
    this.#options = options;
    this.#framesPerSecond = options.framesPerSecond;
    this.#quality = options.quality;
    this.#process = new WorkerProcess({
      scrub: scrubCredentials,
      handle: (report) => {
        if (this.#over) return;
        if (report.kind === 'ready') this.#begin();
        else if (report.kind === 'jpeg') this.#take(report);
        else if (report.kind === 'failed')
          this.#fail(new FfmpegError('ffmpeg/decode', report.lines.join('; ')));
        else if (report.kind === 'not-loaded') {
          markNotLoaded(`does not load (${report.why})`);
          this.#fail(new FfmpegError('ffmpeg/missing', `node-av does not load (${report.why})`));
        }
      },
    });
    this.#process.unref();
    void this.#process.ended.then((end) => {
      const how = end.error === undefined ? (end.signal ?? `exit code ${end.code}`) : messageOf(end.error);
      this.#fail(new FfmpegError('ffmpeg/crashed', `the decoding process ended (${how})`));
    });
  }

  /** The child's process id. */
  get pid(): number | undefined {
    return this.#process.pid;
  }

  /** Takes the next unit in decoding order; `taken` is called when it has left this process. */
  push(unit: UnitToShow, taken: () => void): void {
    if (this.#over) return;
    if (this.#ready) this.#process.order({ kind: 'show', unit }, taken);
    else this.#waiting.push({ unit, taken });
  }

  /** Pictures a second from now on, at most. */
  setRate(framesPerSecond: number): void {
    this.#framesPerSecond = framesPerSecond;
    if (this.#ready) this.#orderRate();
  }

  /** 1 (smallest) to 100 (best), from the next picture on. */
  setQuality(quality: number): void {
    this.#quality = quality;
    if (this.#ready) this.#orderRate();
  }

  /** Ends the child. May be called again. */
  close(): void {
    this.#over = true;
    this.#waiting = [];
    this.#process.kill();
  }

  #begin(): void {
    this.#ready = true;
    this.#orderRate();
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const { unit, taken } of waiting) this.push(unit, taken);
  }

  #orderRate(): void {
    const { widthPixels } = this.#options;
    const options = { quality: this.#quality, ...(widthPixels !== undefined && { widthPixels }) };
    this.#process.order({ kind: 'jpegs', framesPerSecond: this.#framesPerSecond, options });
  }

  #take({ jpeg, width, height, captureTime }: JpegPicture & { readonly captureTime?: Micros }): void {
    if (captureTime !== undefined) this.#options.picture({ jpeg, width, height, captureTime });
  }

  #fail(error: FfmpegError): void {
    if (this.#over) return;
    this.close();
    this.#options.failed(error);
  }
}
