import { FakeSourceBuffer } from './fake-source-buffer.ts';

/** A video element as far as a managed source needs one. */
export class FakeVideo extends EventTarget {
  disableRemotePlayback = false;
  muted = false;
  autoplay = false;
  playsInline = false;
  playbackRate = 1;
  currentTime = 0;
  seeking = false;
  error: MediaError | null = null;
  buffered = { length: 0, start: () => 0, end: () => 0 };
  plays = 0;
  #source: FakeManagedMediaSource | undefined;

  setAttribute(): void {}

  play(): Promise<void> {
    this.plays++;
    return Promise.resolve();
  }

  getVideoPlaybackQuality(): { totalVideoFrames: number; droppedVideoFrames: number } {
    return { totalVideoFrames: 0, droppedVideoFrames: 0 };
  }

  requestVideoFrameCallback(): number {
    return 1;
  }

  cancelVideoFrameCallback(): void {}

  /** Attaches the source behind the address, as `src` does. */
  set src(url: string) {
    this.#source = FakeManagedMediaSource.at(url);
    this.#source?.attach(this);
  }
}

/**
 * Apple's `ManagedMediaSource` by the rules that are its own (WebKit, iOS 17.1):
 *
 * - it opens only where remote playback is switched off or has another source;
 * - it says by `streaming` whether it wants media; what is appended while it does not is counted as a fault of ours;
 * - it may take the buffer away at any time, and tells so by `sourceclose`.
 */
export class FakeManagedMediaSource extends EventTarget {
  static readonly made: FakeManagedMediaSource[] = [];
  static codecs: (type: string) => boolean = () => true;
  readonly buffers: GatedSourceBuffer[] = [];
  readonly types: string[] = [];
  duration = Number.NaN;
  readyState: 'closed' | 'open' | 'ended' = 'closed';
  streaming = false;

  constructor() {
    super();
    FakeManagedMediaSource.made.push(this);
  }

  static isTypeSupported(type: string): boolean {
    return FakeManagedMediaSource.codecs(type);
  }

  /** The source behind an object URL. */
  static at(url: string): FakeManagedMediaSource | undefined {
    return FakeManagedMediaSource.made[Number(url.slice('blob:'.length))];
  }

  /** Its object URL. */
  get url(): string {
    return `blob:${FakeManagedMediaSource.made.indexOf(this)}`;
  }

  attach(video: FakeVideo): void {
    if (!video.disableRemotePlayback) return;
    queueMicrotask(() => {
      this.readyState = 'open';
      this.dispatchEvent(new Event('sourceopen'));
    });
  }

  addSourceBuffer(type: string): GatedSourceBuffer {
    if (this.readyState !== 'open') throw new DOMException('not open', 'InvalidStateError');
    const buffer = new GatedSourceBuffer(this);
    this.types.push(type);
    this.buffers.push(buffer);
    return buffer;
  }

  /** It wants media from now on. */
  startStreaming(): void {
    this.streaming = true;
    this.dispatchEvent(new Event('startstreaming'));
  }

  /** It wants none any more. */
  endStreaming(): void {
    this.streaming = false;
    this.dispatchEvent(new Event('endstreaming'));
  }

  /** The system took its memory: a page in the background, another app. */
  takeAway(): void {
    this.readyState = 'closed';
    this.buffers.length = 0;
    this.dispatchEvent(new Event('sourceclose'));
  }
}

/** A source buffer that notes what came against its source's wish. */
export class GatedSourceBuffer extends FakeSourceBuffer {
  readonly #source: FakeManagedMediaSource;
  unwantedAppends = 0;
  appendedBytes = 0;

  constructor(source: FakeManagedMediaSource) {
    super();
    this.#source = source;
  }

  override appendBuffer(bytes: Uint8Array): void {
    if (this.#source.readyState !== 'open') throw new DOMException('closed', 'InvalidStateError');
    if (!this.#source.streaming) this.unwantedAppends++;
    this.appendedBytes += bytes.byteLength;
    super.appendBuffer(bytes.subarray(0, 8));
  }
}
