import { spawn } from 'node:child_process';
import { jpegSize } from '@pinhole/media/jpeg';
import { chooseBackend, type FfmpegBackend, type FfmpegOptions, markNotLoaded } from './backend.ts';
import { ChildLines, childEnd } from './child.ts';
import { FfmpegError } from './failure.ts';
import { evenSize, type JpegOptions, type JpegPicture, quantizerScale } from './jpeg-options.ts';
import { scrubCredentials } from './scrub.ts';
import { WorkerProcess } from './worker-process.ts';

const DECODE_TIMEOUT_MS = 10_000;
const WORKER_IDLE_MS = 15_000;
const LONGEST_LINE = 64;
const LARGEST_JPEG_BYTES = 32 * 2 ** 20;

/** A run of H.264 pictures to make a JPEG of. */
export interface JpegRequest extends JpegOptions {
  /** Annex B access units in decoding order; the first is a key unit with its parameter sets. */
  readonly units: readonly Uint8Array[];
}

/**
 * Makes JPEG files of H.264 pictures in a child process, one at a time; whoever comes meanwhile waits in line. With
 * node-av the child stays for a while, since starting it takes longer than decoding.
 */
export class JpegDecoder {
  readonly #options: FfmpegOptions;
  #line: Promise<unknown> = Promise.resolve();
  #worker: JpegWorker | undefined;
  #idle: ReturnType<typeof setTimeout> | undefined;
  #closed = false;
  #waiting = 0;

  constructor(options: FfmpegOptions = {}) {
    this.#options = options;
  }

  /**
   * Makes a JPEG of the picture that is shown last.
   * @throws {FfmpegError} `ffmpeg/missing`, `ffmpeg/decode`, `ffmpeg/timeout`, `ffmpeg/crashed`, `ffmpeg/busy` (too
   *   many wait already)
   */
  async decode(request: JpegRequest): Promise<JpegPicture> {
    if (this.#waiting >= LONGEST_LINE)
      throw new FfmpegError('ffmpeg/busy', `${this.#waiting} others wait already`);
    this.#waiting++;
    const picture = this.#line.then(() => this.#decode(request));
    this.#line = picture.catch(() => {}); // its own caller hears of it
    try {
      return await picture;
    } finally {
      this.#waiting--;
    }
  }

  /** The process id of the child that waits for work, if there is one. */
  get pid(): number | undefined {
    return this.#worker?.pid;
  }

  /** Ends the child; resolves when it is gone. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#line;
    await this.#dismiss();
  }

  async #decode(request: JpegRequest): Promise<JpegPicture> {
    if (this.#closed) throw new FfmpegError('ffmpeg/decode', 'the decoder is closed');
    if (request.units.length === 0) throw new FfmpegError('ffmpeg/decode', 'no pictures to decode');
    const backend = chooseBackend(this.#options);
    if (backend.kind === 'command') return decodeByCommand(backend, request);
    const picture = await this.#byWorker(request);
    return picture === 'not-loaded' ? this.#decode(request) : picture;
  }

  async #byWorker(request: JpegRequest): Promise<JpegPicture | 'not-loaded'> {
    clearTimeout(this.#idle);
    this.#worker ??= new JpegWorker();
    try {
      const picture = await this.#worker.decode(request);
      this.#idle = setTimeout(() => void this.#dismiss(), WORKER_IDLE_MS);
      this.#idle.unref();
      return picture;
    } catch (thrown) {
      await this.#dismiss();
      throw thrown;
    }
  }

  async #dismiss(): Promise<void> {
    clearTimeout(this.#idle);
    const worker = this.#worker;
    this.#worker = undefined;
    await worker?.close();
  }
}

/** The child with node-av and the one request it works on. */
class JpegWorker {
  readonly #process: WorkerProcess;
  #settle: ((outcome: JpegPicture | 'not-loaded' | FfmpegError) => void) | undefined;
  #request: JpegRequest | undefined;
  #ready = false;

  constructor() {
    this.#process = new WorkerProcess({
      scrub: scrubCredentials,
      handle: (report) => {
        if (report.kind === 'ready') {
          this.#ready = true;
          this.#order();
        } else if (report.kind === 'jpeg') {
          this.#settle?.(report);
        } else if (report.kind === 'failed') {
          this.#settle?.(new FfmpegError('ffmpeg/decode', report.lines.join('; ')));
        } else if (report.kind === 'not-loaded') {
          markNotLoaded(`does not load (${report.why})`);
          this.#settle?.('not-loaded');
        }
      },
    });
    this.#process.unref();
    void this.#process.ended.then((end) => {
      const how = end.error?.message ?? end.signal ?? `exit code ${end.code}`;
      this.#settle?.(new FfmpegError('ffmpeg/crashed', `the decoding process ended (${how})`));
    });
  }

  get pid(): number | undefined {
    return this.#process.pid;
  }

  async decode(request: JpegRequest): Promise<JpegPicture | 'not-loaded'> {
    const outcome = await new Promise<JpegPicture | 'not-loaded' | FfmpegError>((resolve) => {
      const timer = setTimeout(
        () => resolve(new FfmpegError('ffmpeg/timeout', 'decoding took too long')),
        DECODE_TIMEOUT_MS,
      );
      this.#settle = (settled) => {
        clearTimeout(timer);
        this.#settle = undefined;
        resolve(settled);
      };
      this.#request = request;
      this.#order();
    });
    if (outcome === 'not-loaded') return outcome;
    if (outcome instanceof FfmpegError) throw outcome;
    return { jpeg: outcome.jpeg, width: outcome.width, height: outcome.height };
  }

  async close(): Promise<void> {
    this.#process.kill();
    await this.#process.ended;
  }

  #order(): void {
    if (!this.#ready || this.#request === undefined) return;
    const { units, ...options } = this.#request;
    this.#request = undefined;
    this.#process.order({ kind: 'jpeg', units, options });
  }
}

async function decodeByCommand(
  backend: FfmpegBackend & { readonly kind: 'command' },
  request: JpegRequest,
): Promise<JpegPicture> {
  const child = spawn(backend.path, jpegArguments(request), {
    stdio: ['pipe', 'pipe', 'pipe'],
    windowsHide: true,
  });
  const log = new ChildLines(child.stderr, scrubCredentials);
  const timer = setTimeout(() => child.kill('SIGKILL'), DECODE_TIMEOUT_MS);
  const pieces: Uint8Array[] = [];
  let sizeBytes = 0;
  child.stdout.on('data', (piece: Uint8Array) => {
    pieces.push(piece);
    sizeBytes += piece.byteLength;
    if (sizeBytes > LARGEST_JPEG_BYTES) child.kill('SIGKILL');
  });
  child.stdin.on('error', () => {}); // it ended before it read all: its end says why
  for (const unit of request.units) child.stdin.write(unit);
  child.stdin.end();
  const end = await childEnd(child);
  clearTimeout(timer);
  if (end.signal === 'SIGKILL')
    throw new FfmpegError('ffmpeg/timeout', 'decoding took too long, or made too much');
  const jpeg = lastJpeg(Uint8Array.from(Buffer.concat(pieces)));
  const size = jpeg === undefined ? undefined : jpegSize(jpeg);
  if (jpeg === undefined || size === undefined) {
    throw new FfmpegError(
      'ffmpeg/decode',
      `no picture could be decoded: ${log.lines.at(-1) ?? end.error?.message ?? 'FFmpeg said nothing'}`,
    );
  }
  return { jpeg, ...size };
}

function jpegArguments(request: JpegRequest): readonly string[] {
  const scale = request.widthPixels === undefined ? '' : `,scale=${evenSize(request.widthPixels)}:-2`;
  // Pictures come out in the order they are shown; of those before the last few none is wanted. The last few rather
  // than the last: a damaged unit gives no picture.
  const first = Math.max(0, request.units.length - 4);
  const scaled = `select=gte(n\\,${first})${scale}`;
  const quality = String(quantizerScale(request.quality));
  return [
    ...'-hide_banner -nostats -loglevel error -f h264 -i pipe:0 -an -vf'.split(' '),
    scaled,
    ...'-pix_fmt yuvj420p -c:v mjpeg -f image2pipe -q:v'.split(' '),
    quality,
    'pipe:1',
  ];
}

const START_OF_IMAGE = [0xff, 0xd8, 0xff];

/** The last file of several in a row. */
function lastJpeg(files: Uint8Array): Uint8Array | undefined {
  for (let at = files.byteLength - 3; at >= 0; at--) {
    // In coded data each ff is followed by 00 or a restart marker, so this can only be a beginning.
    if (START_OF_IMAGE.every((byte, i) => files[at + i] === byte)) return files.slice(at);
  }
  return undefined;
}
