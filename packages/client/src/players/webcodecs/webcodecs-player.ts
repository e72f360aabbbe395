import { type Micros, messageOf } from '@pinhole/core';
import type { LiveFrame } from '@pinhole/protocol/live';
import { localNow } from '../../clock/local-clock.ts';
import { CanvasPainter } from '../canvas-painter.ts';
import type { FramePlayer, FramePlayerOptions, StreamConfig } from '../frame-player.ts';
import { DecodeLag } from './decode-lag.ts';

/** More live units in flight than this, and the rest up to the next key unit is left out. */
const MAX_UNITS_IN_FLIGHT = 120;
/** The same for what the server had in store: a long GOP comes at once. */
const MAX_CATCH_UP_UNITS = 1_800;
const MAX_ERRORS = 3;
const ERROR_WINDOW_MS = 10_000;

interface Submitted {
  readonly captureTime: Micros;
  readonly catchUp: boolean;
}

/**
 * Decodes with WebCodecs and shows the newest picture on a canvas at each animation frame. A decoder that keeps
 * pictures back is replaced by a software one, and when that lags as well, the player fails with `webcodecs/lag`.
 */
export class WebCodecsPlayer implements FramePlayer {
  readonly #options: FramePlayerOptions;
  readonly #painter: CanvasPainter;
  #config: StreamConfig | undefined;
  #decoder: VideoDecoder | undefined;
  #submitted = new Map<number, Submitted>();
  /** Of the submitted, those that the server had in store. */
  #catchingUp = 0;
  #lag = new DecodeLag({ bFrames: false });
  #acceleration: HardwareAcceleration = 'no-preference';
  #needsKey = true;
  #needsConfigure = true;
  #decoded = 0;
  #skipped = 0;
  #errorsAt: number[] = [];
  #closed = false;

  constructor(options: FramePlayerOptions) {
    this.#options = options;
    this.#painter = new CanvasPainter({
      painted: (frame) => options.handle({ kind: 'painted', frame }),
      moreComing: () => this.#submitted.size > 0,
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

  get decoder(): string {
    return this.#acceleration === 'prefer-software' ? 'WebCodecs, software' : 'WebCodecs';
  }

  configure(config: StreamConfig): void {
    this.#config = config;
    this.#lag = new DecodeLag(config);
    this.#needsConfigure = true;
  }

  write(frame: LiveFrame): void {
    if (this.#closed || this.#config === undefined) return;
    if (frame.discontinuity) this.skip();
    if (this.#tooManyInFlight()) this.#skipToKey();
    if (this.#needsKey && !frame.key) {
      this.#skipped++;
      return;
    }
    // A decoder may be configured anew only where decoding can start.
    if (frame.key && this.#needsConfigure && !this.#start(this.#config)) return;
    this.#needsKey = false;
    const { captureTime, catchUp } = frame;
    this.#submitted.set(frame.pts, { captureTime, catchUp });
    if (catchUp) this.#catchingUp++;
    this.#decoder?.decode(
      new EncodedVideoChunk({
        type: frame.key ? 'key' : 'delta',
        timestamp: frame.pts,
        data: frame.payload as Uint8Array<ArrayBuffer>,
      }),
    );
    this.#watchLag();
  }

  skip(): void {
    this.#needsKey = true;
  }

  resume(): void {
    this.#lag.reset();
  }

  close(): void {
    this.#closed = true;
    this.#release();
    this.#painter.close();
  }

  #start({ codec, width: codedWidth, height: codedHeight }: StreamConfig): boolean {
    this.#release();
    const decoder = new VideoDecoder({
      output: (frame) => this.#output(decoder, frame),
      error: (error) => this.#failed(decoder, error),
    });
    this.#decoder = decoder;
    this.#needsConfigure = false;
    try {
      // Without a `description` the units are Annex B.
      decoder.configure({
        codec,
        codedWidth,
        codedHeight,
        optimizeForLatency: true,
        hardwareAcceleration: this.#acceleration,
      });
      return true;
    } catch (thrown) {
      this.#giveUp('webcodecs/unsupported', `This browser cannot decode ${codec} (${messageOf(thrown)}).`);
      return false;
    }
  }

  #output(decoder: VideoDecoder, frame: VideoFrame): void {
    const submitted = this.#submitted.get(frame.timestamp);
    if (decoder !== this.#decoder) {
      frame.close();
      return;
    }
    this.#submitted.delete(frame.timestamp);
    this.#decoded++;
    const { captureTime = 0, catchUp = false } = submitted ?? {};
    if (catchUp) this.#catchingUp--;
    this.#painter.offer({
      image: frame,
      width: frame.displayWidth,
      height: frame.displayHeight,
      catchUp,
      ...(captureTime > 0 ? { captureTime: captureTime as Micros } : {}),
    });
  }

  #failed(decoder: VideoDecoder, error: DOMException): void {
    if (decoder !== this.#decoder || this.#closed) return;
    const now = localNow();
    this.#errorsAt = [...this.#errorsAt.filter((at) => now - at < ERROR_WINDOW_MS), now];
    if (error.name === 'NotSupportedError') {
      this.#giveUp('webcodecs/unsupported', `This browser cannot decode ${this.#config?.codec}.`);
    } else if (this.#errorsAt.length > MAX_ERRORS) {
      this.#giveUp('webcodecs/decoder', `The decoder fails again and again (${error.message}).`);
    } else this.#restart();
  }

  /** A new decoder from the next key unit on. */
  #restart(): void {
    this.#release();
    this.#needsConfigure = true;
    this.#skipToKey();
  }

  #tooManyInFlight(): boolean {
    const live = this.#submitted.size - this.#catchingUp;
    return live > MAX_UNITS_IN_FLIGHT || this.#catchingUp > MAX_CATCH_UP_UNITS;
  }

  #watchLag(): void {
    const queued = this.#decoder?.decodeQueueSize ?? 0;
    // It works off what was in store: leaving that out would take until the next key unit.
    if (queued > 0 && this.#catchingUp > 0) {
      this.#lag.reset();
      return;
    }
    const cause = this.#lag.observe({ queued, held: this.#submitted.size - queued }, localNow());
    if (cause === undefined) return;
    this.#lag.reset();
    if (cause === 'overloaded') this.#skipToKey();
    else this.#replaceDecoder();
  }

  #replaceDecoder(): void {
    if (this.#acceleration === 'prefer-software') {
      this.#giveUp('webcodecs/lag', 'The decoder keeps pictures back, so they would be shown late.');
      return;
    }
    this.#acceleration = 'prefer-software';
    this.#restart();
  }

  #skipToKey(): void {
    if (this.#needsKey) return;
    this.#needsKey = true;
    this.#options.handle({ kind: 'key-frame-wanted' });
  }

  #giveUp(code: string, reason: string): void {
    this.close();
    this.#options.handle({ kind: 'failed', failure: { code, reason, remedy: 'retry' } });
  }

  #release(): void {
    if (this.#decoder && this.#decoder.state !== 'closed') this.#decoder.close();
    this.#decoder = undefined;
    this.#submitted.clear();
    this.#catchingUp = 0;
  }
}
