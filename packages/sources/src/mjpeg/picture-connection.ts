import type { Abort, Micros, Millis } from '@pinhole/core';
import { jpegSize, type PictureSize } from '@pinhole/media/jpeg';
import type { MultipartCounters, PartHeaders } from '@pinhole/protocol/multipart';
import type { SourceClock } from '../clock.ts';
import { PictureTimes } from '../picture-times.ts';
import { StallWatch } from '../stall-watch.ts';
import type { CameraDevice } from './camera-device.ts';
import { CameraHttp, type Exchange } from './http/exchange.ts';
import { MjpegError } from './mjpeg-error.ts';
import { NO_MULTIPART_COUNTERS } from './multipart-totals.ts';
import { checkStream, type Reception, receivePictures } from './receive-pictures.ts';

/** What a connection is made with. */
export interface PictureConnectionOptions {
  readonly device: CameraDevice;
  readonly clock: SourceClock;
  /** Without a picture for so long it is given up. */
  readonly stallMs: Millis;
  /** Without a first picture. */
  readonly connectMs: Millis;
}

/** Where what comes goes. */
export interface PictureRun {
  readonly signal: Abort;
  readonly controlsChanged: () => void;
  readonly picture: (
    jpeg: Uint8Array,
    about: { readonly size: PictureSize; readonly captureTime: Micros },
  ) => void;
}

/** The one connection to a camera: finds the stream, receives it, watches over it. */
export class PictureConnection {
  readonly #options: PictureConnectionOptions;
  readonly #http: CameraHttp;
  readonly #times = new PictureTimes();
  #reception: Reception | undefined;
  /** Pictures of this connection that tell no size. */
  sizeless = 0;

  constructor(options: PictureConnectionOptions) {
    this.#options = options;
    this.#http = new CameraHttp(options);
  }

  /** Of this connection, or the last. */
  get counters(): MultipartCounters {
    return this.#reception?.counters() ?? NO_MULTIPART_COUNTERS;
  }

  /** The counters begin anew. */
  reset(): void {
    this.#reception = undefined;
    this.sizeless = 0;
  }

  /** Connects and receives until that ends; then nothing of it is left. @returns why it ended; never throws. */
  async run(run: PictureRun): Promise<MjpegError> {
    const { clock, connectMs, stallMs, device } = this.#options;
    const abort = new AbortController();
    const stop = (): void => abort.abort();
    run.signal.addEventListener('abort', stop);
    if (run.signal.aborted) stop();
    let stalled = false;
    let live = false;
    let exchange: Exchange | undefined;
    const watch = new StallWatch({
      clock,
      limitMs: connectMs,
      stalled: () => {
        stalled = true;
        abort.abort();
      },
    });
    try {
      exchange = await this.#find(abort.signal);
      const { body } = exchange;
      abort.signal.addEventListener('abort', () => body.destroy());
      device.connected(exchange.target, { signal: abort.signal, events: run });
      this.#reception = receivePictures(exchange, {
        picture: (jpeg, headers) => {
          if (abort.signal.aborted) return;
          live = true;
          watch.feed(stallMs);
          this.#take(jpeg, headers, run);
        },
      });
      return await this.#reception.ended;
    } catch (thrown) {
      if (!stalled && thrown instanceof MjpegError) return thrown;
      if (!stalled) return new MjpegError('source/failed', String(thrown), { cause: thrown });
      return live
        ? new MjpegError('source/stalled', `no picture for ${stallMs} ms`)
        : new MjpegError(
            'source/timeout',
            `no first picture within ${connectMs} ms; a small camera serves one viewer at a time: close others`,
          );
    } finally {
      watch.stop();
      run.signal.removeEventListener('abort', stop);
      abort.abort();
      await exchange?.close();
    }
  }

  /** The first address that gives a stream. @throws {MjpegError} what the likeliest one, or the last that answered, said */
  async #find(signal: AbortSignal): Promise<Exchange> {
    const { device, connectMs } = this.#options;
    const failures: MjpegError[] = [];
    for (const target of await device.streams(this.#http, signal)) {
      let exchange: Exchange | undefined;
      try {
        exchange = await this.#http.get(target, { signal, timeoutMs: connectMs });
        await checkStream(exchange);
        return exchange;
      } catch (thrown) {
        await exchange?.close();
        if (!(thrown instanceof MjpegError)) throw thrown;
        failures.push(thrown);
        if (signal.aborted || FINAL.has(thrown.code)) break;
      }
    }
    const [first] = failures;
    throw (
      failures.find(({ code }) => code !== first?.code && FINAL.has(code)) ??
      first ??
      new MjpegError('source/no-video', 'no address is known where it may have a stream')
    );
  }

  #take(jpeg: Uint8Array, headers: PartHeaders, run: PictureRun): void {
    const captureTime = this.#times.date(headers, this.#options.clock.utcNow());
    const size = jpegSize(jpeg);
    if (size === undefined) {
      this.sizeless++;
      return;
    }
    this.#options.device.pictureCame(size);
    run.picture(jpeg, { size, captureTime });
  }
}

/** What another address of the same camera does not make better. */
const FINAL = new Set([
  'source/unauthorized',
  'source/redirected',
  'source/no-such-host',
  'source/unreachable',
]);
