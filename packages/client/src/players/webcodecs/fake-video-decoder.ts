/** A picture that knows whether it was closed. */
export class FakeVideoFrame {
  readonly displayWidth = 640;
  readonly displayHeight = 360;
  closed = false;
  readonly timestamp: number;

  constructor(timestamp: number) {
    this.timestamp = timestamp;
  }

  close(): void {
    this.closed = true;
  }
}

/** A `VideoDecoder` that gives out pictures, or fails, when the test says so. */
export class FakeVideoDecoder {
  static readonly made: FakeVideoDecoder[] = [];
  readonly configs: VideoDecoderConfig[] = [];
  readonly chunks: { readonly type: string; readonly timestamp: number }[] = [];
  state = 'unconfigured';
  decodeQueueSize = 0;
  readonly #callbacks: { output: (frame: FakeVideoFrame) => void; error: (error: DOMException) => void };

  constructor(callbacks: { output: (frame: FakeVideoFrame) => void; error: (error: DOMException) => void }) {
    this.#callbacks = callbacks;
    FakeVideoDecoder.made.push(this);
  }

  configure(config: VideoDecoderConfig): void {
    this.state = 'configured';
    this.configs.push(config);
  }

  decode(chunk: { readonly type: string; readonly timestamp: number }): void {
    if (this.state !== 'configured') throw new DOMException('not configured', 'InvalidStateError');
    this.chunks.push(chunk);
  }

  close(): void {
    this.state = 'closed';
  }

  /** Gives out a picture. */
  output(timestamp: number): FakeVideoFrame {
    const frame = new FakeVideoFrame(timestamp);
    this.#callbacks.output(frame);
    return frame;
  }

  /** Fails; browsers close it then. */
  fail(name: string): void {
    this.state = 'closed';
    this.#callbacks.error(new DOMException('no', name));
  }
}
