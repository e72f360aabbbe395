import { type Micros, micros } from '@pinhole/core';
import type { CodecContext, Frame, Packet, SoftwareScaleContext, Stream } from 'node-av/lib';
import type { H264Packet } from '../h264-units.ts';
import { evenSize } from '../jpeg-options.ts';
import { type Av, AvError, check } from './av.ts';

const KEY_INTERVAL_PICTURES = 60;
const PICTURES_PER_SECOND = 30; // only the level depends on it
const ENCODER_OPTIONS = [
  ['preset', 'superfast'],
  ['tune', 'zerolatency'],
  ['profile', 'baseline'],
  ['forced-idr', '1'],
] as const;
const CLOCK_HZ = 1_000_000;

interface OpenEncoder {
  readonly context: CodecContext;
  readonly scaler: SoftwareScaleContext;
  /** The picture in the encoder's size and format; used again and again. */
  readonly picture: Frame;
}

/** Encodes the pictures of a stream that browsers cannot play live to H.264 Constrained Baseline, without delay. */
export class Transcoder {
  readonly #av: Av;
  readonly #decoder: CodecContext;
  readonly #frame: Frame;
  readonly #encoded: Packet;
  readonly #timeBase: { readonly num: number; readonly den: number };
  /** Capture times of pictures inside the decoder and encoder, by showing time. */
  readonly #captureTimes = new Map<number, Micros>();
  #encoder: OpenEncoder | undefined;
  #source: string | undefined;
  #wantsKey = true;

  constructor(av: Av, stream: Stream) {
    this.#av = av;
    const codec = av.Codec.findDecoder(stream.codecpar.codecId);
    if (codec === null) throw new AvError('could not find codec to decode the input with');
    this.#decoder = new av.CodecContext();
    this.#decoder.allocContext3(codec);
    check(av, this.#decoder.parametersToContext(stream.codecpar), 'set the decoder up');
    this.#decoder.pktTimebase = stream.timeBase;
    this.#decoder.setFlags(av.constants.AV_CODEC_FLAG_LOW_DELAY);
    this.#decoder.threadCount = 1; // one thread a picture: FFmpeg's other way holds pictures back
    check(av, this.#decoder.open2Sync(codec), 'open the decoder');
    this.#timeBase = stream.timeBase;
    this.#frame = new av.Frame();
    this.#frame.alloc();
    this.#encoded = new av.Packet();
    this.#encoded.alloc();
  }

  /** Makes the next picture a key picture. */
  requestKeyFrame(): void {
    this.#wantsKey = true;
  }

  /** Takes a packet of the input. @yields what got ready by it. */
  *transcode(packet: Packet, captureTime: Micros): Generator<H264Packet, void, void> {
    const result = this.#decoder.sendPacketSync(packet);
    if (result < 0) return; // a damaged picture: the next one may be whole
    yield* this.#decoded(captureTime);
  }

  /** @yields what the decoder and the encoder still hold. */
  *flush(): Generator<H264Packet, void, void> {
    this.#decoder.sendPacketSync(null);
    yield* this.#decoded(undefined);
    if (this.#encoder === undefined) return;
    this.#encoder.context.sendFrameSync(null);
    yield* this.#takeEncoded(this.#encoder.context);
  }

  close(): void {
    this.#closeEncoder();
    this.#encoded.free();
    this.#frame.free();
    this.#decoder.freeContext();
  }

  *#decoded(captureTime: Micros | undefined): Generator<H264Packet, void, void> {
    while (this.#decoder.receiveFrameSync(this.#frame) >= 0) {
      const { context, scaler, picture } = this.#encoderFor(this.#frame);
      check(this.#av, picture.makeWritable(), 'take a picture');
      check(this.#av, scaler.scaleFrameSync(picture, this.#frame), 'convert a picture');
      const pts = this.#micros(this.#frame.bestEffortTimestamp);
      picture.pts = BigInt(pts);
      const { AV_PICTURE_TYPE_I, AV_PICTURE_TYPE_NONE } = this.#av.constants;
      picture.pictType = this.#wantsKey ? AV_PICTURE_TYPE_I : AV_PICTURE_TYPE_NONE;
      this.#wantsKey = false;
      if (captureTime !== undefined) this.#captureTimes.set(pts, captureTime);
      this.#frame.unref();
      check(this.#av, context.sendFrameSync(picture), 'encode');
      yield* this.#takeEncoded(context);
    }
  }

  *#takeEncoded(context: CodecContext): Generator<H264Packet, void, void> {
    while (context.receivePacketSync(this.#encoded) >= 0) {
      const pts = micros(Number(this.#encoded.pts));
      const captureTime = this.#captureTimes.get(pts) ?? pts;
      this.#captureTimes.clear(); // no picture overtakes another
      if (this.#encoded.data !== null) {
        yield { data: this.#encoded.data, pts, dts: pts, captureTime };
      }
      this.#encoded.unref();
    }
  }

  #micros(time: bigint): number {
    const { num, den } = this.#timeBase;
    return time === this.#av.constants.AV_NOPTS_VALUE ? 0 : Math.round((Number(time) * num * CLOCK_HZ) / den);
  }

  #encoderFor(frame: Frame): OpenEncoder {
    const source = `${frame.width}x${frame.height} ${frame.format}`;
    if (this.#encoder !== undefined && this.#source === source) return this.#encoder;
    this.#closeEncoder();
    this.#source = source;
    this.#wantsKey = true;
    this.#encoder = this.#openEncoder(frame);
    return this.#encoder;
  }

  #openEncoder(frame: Frame): OpenEncoder {
    const av = this.#av;
    const { AV_PIX_FMT_YUV420P, SWS_BILINEAR } = av.constants;
    const [width, height] = [evenSize(frame.width), evenSize(frame.height)];
    const codec = av.Codec.findEncoderByName('libx264' as Parameters<typeof av.Codec.findEncoderByName>[0]);
    if (codec === null) throw new AvError('this build of node-av has no libx264 to encode with');
    const context = new av.CodecContext();
    context.allocContext3(codec);
    context.width = width;
    context.height = height;
    context.pixelFormat = AV_PIX_FMT_YUV420P;
    context.timeBase = new av.Rational(1, CLOCK_HZ);
    // x264 would take the clock for the picture rate, and choose a level that nobody decodes.
    context.framerate = new av.Rational(PICTURES_PER_SECOND, 1);
    context.gopSize = KEY_INTERVAL_PICTURES;
    context.maxBFrames = 0;
    // Not as a dictionary for `open2Sync`: freeing that afterwards frees it twice, and crashes.
    for (const [name, value] of ENCODER_OPTIONS) check(av, context.setOption(name, value), `set ${name}`);
    check(av, context.open2Sync(codec), 'open the encoder');
    const scaler = new av.SoftwareScaleContext();
    scaler.getContext(
      frame.width,
      frame.height,
      frame.format as Parameters<typeof scaler.getContext>[2],
      width,
      height,
      AV_PIX_FMT_YUV420P,
      SWS_BILINEAR,
    );
    const picture = new av.Frame();
    picture.alloc();
    picture.format = AV_PIX_FMT_YUV420P;
    picture.width = width;
    picture.height = height;
    check(av, picture.getBuffer(), 'take memory for a picture');
    return { context, scaler, picture };
  }

  #closeEncoder(): void {
    this.#encoder?.picture.free();
    this.#encoder?.scaler.freeContext();
    this.#encoder?.context.freeContext();
    this.#encoder = undefined;
  }
}
