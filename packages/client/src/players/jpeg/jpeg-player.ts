import type { LiveFrame } from '@pinhole/protocol/live';
import { CanvasPainter } from '../canvas-painter.ts';
import type { FramePlayer, FramePlayerOptions } from '../frame-player.ts';

/** So many damaged pictures in a row, and it is not the camera. */
const MAX_ERRORS = 10;

/** Shows JPEG pictures, one decoded at a time; of those that come meanwhile the newest is next. Works on plain http. */
export class JpegPlayer implements FramePlayer {
  readonly decoder = 'JPEG';
  readonly #options: FramePlayerOptions;
  readonly #painter: CanvasPainter;
  #next: LiveFrame | undefined;
  #decoding = false;
  #decoded = 0;
  #skipped = 0;
  #errors = 0;
  #closed = false;

  constructor(options: FramePlayerOptions) {
    this.#options = options;
    this.#painter = new CanvasPainter({
      painted: (frame) => options.handle({ kind: 'painted', frame }),
      moreComing: () => false,
    });
  }

  get element(): HTMLCanvasElement {
    return this.#painter.element;
  }

  get decoded(): number {
    return this.#decoded;
  }

  get painted(): number {
    return this.#painter.painted;
  }

  get dropped(): number {
    return this.#skipped + this.#painter.dropped;
  }

  /** Each picture says by itself what it is. */
  configure(): void {}

  write(frame: LiveFrame): void {
    if (this.#closed) return;
    if (this.#next) this.#skipped++;
    this.#next = frame;
    if (!this.#decoding) void this.#decodeNext();
  }

  skip(): void {
    this.#next = undefined;
  }

  resume(): void {}

  close(): void {
    this.#closed = true;
    this.#next = undefined;
    this.#painter.close();
  }

  async #decodeNext(): Promise<void> {
    this.#decoding = true;
    for (let frame = this.#next; frame; frame = this.#next) {
      this.#next = undefined;
      await this.#decode(frame);
    }
    this.#decoding = false;
  }

  async #decode({ payload, captureTime }: LiveFrame): Promise<void> {
    let image: ImageBitmap;
    try {
      image = await createImageBitmap(new Blob([payload as Uint8Array<ArrayBuffer>], { type: 'image/jpeg' }));
    } catch {
      // It came damaged; the browser does not say how.
      this.#skipped++;
      if (++this.#errors >= MAX_ERRORS) this.#giveUp();
      return;
    }
    this.#errors = 0;
    if (this.#closed) {
      image.close();
      return;
    }
    this.#decoded++;
    const { width, height } = image;
    this.#painter.offer({
      image,
      width,
      height,
      catchUp: false,
      ...(captureTime > 0 ? { captureTime } : {}),
    });
  }

  #giveUp(): void {
    if (this.#closed) return;
    this.close();
    const reason = 'The browser decodes none of the JPEG pictures.';
    this.#options.handle({ kind: 'failed', failure: { code: 'jpeg/decoder', reason, remedy: 'retry' } });
  }
}
