import { readTimeCode } from '@pinhole/media/timecode';

/** What a player shows its picture in. */
export type Picture = HTMLVideoElement | HTMLCanvasElement;

/** A frame whose time code was read off the page. */
export interface SeenFrame {
  readonly frameNumber: number;
  /** UTC microseconds of the camera's clock. */
  readonly captureTime: number;
  /** UTC milliseconds of the page's clock, when it was on the screen. */
  readonly paintedAt: number;
  readonly width: number;
  readonly height: number;
}

/** Reads the time code of each painted frame, in whatever element the picture is at the time. */
export class PaintedFrames {
  readonly #picture: () => Picture | undefined;
  readonly #probe = new OffscreenCanvas(1, 1);
  readonly #openedAt = performance.now();
  #frames: SeenFrame[] = [];
  #last: SeenFrame | undefined;
  #unreadable = 0;
  #firstFrameMs: number | undefined;
  #watched: Picture | undefined;
  #timer: ReturnType<typeof setInterval> | undefined;

  constructor(picture: () => Picture | undefined) {
    this.#picture = picture;
  }

  /** Begins to look. */
  open(): void {
    // A video element that is taken off the page calls back no more, so another one is noticed by a timer.
    this.#timer = setInterval(() => {
      const element = this.#picture();
      if (element !== this.#watched) this.#look(element);
    }, 20);
  }

  close(): void {
    clearInterval(this.#timer);
    this.#watched = undefined;
  }

  /** Pictures without a readable time code. */
  get unreadable(): number {
    return this.#unreadable;
  }

  /** From the making of this to the first painted frame. */
  get firstFrameMs(): number | undefined {
    return this.#firstFrameMs;
  }

  /** The newest one. */
  get last(): SeenFrame | undefined {
    return this.#last;
  }

  /** Those since the last call. */
  take(): readonly SeenFrame[] {
    return this.#frames.splice(0);
  }

  /** Looks at `element` once a painted frame, until another one shows the picture. */
  #look(element: Picture | undefined): void {
    this.#watched = element;
    if (element instanceof HTMLVideoElement) {
      element.requestVideoFrameCallback((_now, { expectedDisplayTime }) => {
        if (this.#watched !== element) return;
        // On a busy machine the callback comes late, and what is drawn then is a newer frame than the one it tells of.
        // After the page was hidden, Chromium dates frames seconds into the future.
        const now = performance.now();
        const paintedAt = expectedDisplayTime > now + 250 ? now : Math.max(expectedDisplayTime, now);
        this.#read(element, element.videoWidth, element.videoHeight, paintedAt);
        this.#look(element);
      });
    } else if (element) {
      requestAnimationFrame((now) => {
        if (this.#watched !== element) return;
        this.#read(element, element.width, element.height, now);
        this.#look(element);
      });
    }
  }

  #read(picture: CanvasImageSource, width: number, height: number, paintedAt: number): void {
    if (width === 0 || height === 0) return;
    const rows = Math.ceil(height / 3);
    if (this.#probe.width !== width) this.#probe.width = width;
    if (this.#probe.height !== height) this.#probe.height = height;
    const context = this.#probe.getContext('2d', { willReadFrequently: true });
    if (!context) return;
    context.drawImage(picture, 0, 0, width, rows, 0, 0, width, rows);
    const code = readTimeCode({ data: context.getImageData(0, 0, width, rows).data, width, height });
    if (!code) {
      this.#unreadable++;
      return;
    }
    if (code.frameNumber === this.#last?.frameNumber) return;
    this.#firstFrameMs ??= performance.now() - this.#openedAt;
    this.#last = { ...code, paintedAt: performance.timeOrigin + paintedAt, width, height };
    this.#frames.push(this.#last);
  }
}
