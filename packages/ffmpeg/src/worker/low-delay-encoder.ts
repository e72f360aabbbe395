import { type Micros, micros } from '@pinhole/core';
import type { CodecContext, Frame, Packet, SoftwareScaleContext } from 'node-av/lib';
import type { EncoderName, EncoderTuning } from '../encode/encoder-options.ts';
import type { H264Packet } from '../h264-units.ts';
import { evenSize } from '../jpeg-options.ts';
import { type Av, AvError, check } from './av.ts';

const X264_OPTIONS = [
  ['preset', 'ultrafast'],
  ['tune', 'zerolatency'],
  ['profile', 'baseline'],
  ['forced-idr', '1'],
] as const;
const CLOCK_HZ = 1_000_000;
/** Slices of one picture are encoded side by side; more than this brings little and costs bits. */
const MOST_THREADS = 4;

/** How one encoder is set up; what is set up does not change but for the bit rate. */
export interface LowDelayEncoderOptions {
  readonly encoder: 'auto' | EncoderName;
  readonly tuning: EncoderTuning;
  readonly threads: number;
}

/** Encodes pictures of one size and pixel format to H.264, each at once. */
export class LowDelayEncoder {
  readonly name: EncoderName;
  readonly width: number;
  readonly height: number;
  readonly #av: Av;
  readonly #context: CodecContext;
  readonly #scaler: SoftwareScaleContext;
  /** The picture in the encoder's size and format; used again and again. */
  readonly #picture: Frame;
  readonly #packet: Packet;
  /** Capture times of pictures inside the encoder, by their showing time; hardware holds a few. */
  readonly #captureTimes = new Map<number, Micros>();
  readonly #origin: Micros;
  #pts = -1;
  #wantsKey = true;

  /** Opens an encoder for pictures like `like`. @throws {AvError} when none opens */
  constructor(av: Av, like: Frame, origin: Micros, options: LowDelayEncoderOptions) {
    this.#av = av;
    this.#origin = origin;
    this.width = evenSize(like.width);
    this.height = evenSize(like.height);
    const opened = this.#open(options);
    this.name = opened.name;
    this.#context = opened.context;
    const { AV_PIX_FMT_YUV420P, SWS_BILINEAR } = av.constants;
    this.#scaler = new av.SoftwareScaleContext();
    this.#scaler.getContext(
      like.width,
      like.height,
      like.format as Parameters<SoftwareScaleContext['getContext']>[2],
      this.width,
      this.height,
      AV_PIX_FMT_YUV420P,
      SWS_BILINEAR,
    );
    this.#picture = new av.Frame();
    this.#picture.alloc();
    this.#picture.format = AV_PIX_FMT_YUV420P;
    this.#picture.width = this.width;
    this.#picture.height = this.height;
    check(av, this.#picture.getBuffer(), 'take memory for a picture');
    this.#packet = new av.Packet();
    this.#packet.alloc();
  }

  /** Makes the next picture a key picture. */
  requestKeyFrame(): void {
    this.#wantsKey = true;
  }

  /** Aims at another bit rate from the next picture on. */
  setBitrate(bitrate: number): void {
    aimAt(this.#context, bitrate);
  }

  /** Takes a picture. @yields what got ready by it; the bytes are valid up to the next step. */
  *encode(frame: Frame, captureTime: Micros): Generator<H264Packet, void, void> {
    const av = this.#av;
    check(av, this.#picture.makeWritable(), 'take a picture');
    check(av, this.#scaler.scaleFrameSync(this.#picture, frame), 'convert a picture');
    // The encoder wants times that rise; those of a camera may not.
    this.#pts = Math.max(this.#pts + 1, captureTime - this.#origin);
    this.#picture.pts = BigInt(Math.round(this.#pts));
    this.#captureTimes.set(Math.round(this.#pts), captureTime);
    const { AV_PICTURE_TYPE_I, AV_PICTURE_TYPE_NONE } = av.constants;
    this.#picture.pictType = this.#wantsKey ? AV_PICTURE_TYPE_I : AV_PICTURE_TYPE_NONE;
    this.#wantsKey = false;
    check(av, this.#context.sendFrameSync(this.#picture), 'encode');
    while (this.#context.receivePacketSync(this.#packet) >= 0) {
      const pts = Number(this.#packet.pts);
      const { data } = this.#packet;
      if (data !== null)
        yield { data, captureTime: this.#takeCaptureTime(pts), pts: micros(pts), dts: micros(pts) };
      this.#packet.unref();
    }
  }

  close(): void {
    this.#packet.free();
    this.#picture.free();
    this.#scaler.freeContext();
    this.#context.freeContext();
  }

  #takeCaptureTime(pts: number): Micros {
    const captureTime = this.#captureTimes.get(pts) ?? micros(pts + this.#origin);
    // No picture overtakes another.
    for (const older of this.#captureTimes.keys()) if (older <= pts) this.#captureTimes.delete(older);
    return captureTime;
  }

  #open(options: LowDelayEncoderOptions): { readonly name: EncoderName; readonly context: CodecContext } {
    const { encoder } = options;
    const names: readonly EncoderName[] = encoder === 'auto' ? ['h264_v4l2m2m', 'libx264'] : [encoder];
    const reasons: string[] = [];
    for (const name of names) {
      try {
        return { name, context: this.#openOne(name, options) };
      } catch (thrown) {
        if (!(thrown instanceof AvError)) throw thrown;
        reasons.push(`${name}: ${thrown.message}`);
      }
    }
    throw new AvError(`no H.264 encoder opens (${reasons.join('; ')})`);
  }

  #openOne(name: EncoderName, { tuning, threads }: LowDelayEncoderOptions): CodecContext {
    const av = this.#av;
    const codec = av.Codec.findEncoderByName(name as Parameters<typeof av.Codec.findEncoderByName>[0]);
    if (codec === null) throw new AvError('not in this build of node-av');
    const context = new av.CodecContext();
    try {
      context.allocContext3(codec);
      context.width = this.width;
      context.height = this.height;
      context.pixelFormat = av.constants.AV_PIX_FMT_YUV420P;
      context.timeBase = new av.Rational(1, CLOCK_HZ);
      // x264 would take the clock for the picture rate, and choose a level that nobody decodes.
      context.framerate = new av.Rational(Math.round(tuning.framesPerSecond * 1000), 1000);
      context.gopSize = tuning.gop;
      context.maxBFrames = 0;
      aimAt(context, tuning.bitrate);
      if (name === 'libx264') {
        context.threadCount = Math.min(threads, MOST_THREADS);
        // Not as a dictionary for `open2Sync`: freeing that afterwards frees it twice, and crashes.
        for (const [key, value] of X264_OPTIONS) check(av, context.setOption(key, value), `set ${key}`);
      }
      check(av, context.open2Sync(codec), 'open');
      return context;
    } catch (thrown) {
      context.freeContext();
      throw thrown;
    }
  }
}

/** Half a second of bits may come at once: a key frame has to fit, and none may take long on the way. */
function aimAt(context: CodecContext, bitrate: number): void {
  context.bitRate = BigInt(Math.round(bitrate));
  context.rcMaxRate = BigInt(Math.round(bitrate));
  context.rcBufferSize = Math.round(bitrate / 2);
}
