import type { CodecContext, Frame, Packet } from 'node-av/lib';
import type { PictureFormat } from '../encode/encoder-options.ts';
import { type Av, AvError, check } from './av.ts';

/** So many refused pictures from the start on mean a camera whose every JPEG is odd, not a damaged one. */
const STRICT_TRIES = 5;

/**
 * Decodes JPEG pictures, or takes raw ones as they are, one at a time and at once.
 *
 * It refuses damaged pictures, since a browser would show their damage up to the next key frame. Cameras exist whose
 * every JPEG breaks the rules (a scan a few bits too short); where none of the first few was accepted, it becomes
 * tolerant and shows what there is.
 */
export class PictureDecoder {
  readonly #av: Av;
  readonly #input: PictureFormat;
  readonly #packet: Packet;
  readonly #frame: Frame;
  #decoder: CodecContext;
  #accepted = 0;
  #refused = 0;

  constructor(av: Av, input: PictureFormat) {
    this.#av = av;
    this.#input = input;
    this.#packet = new av.Packet();
    this.#packet.alloc();
    this.#frame = new av.Frame();
    this.#frame.alloc();
    this.#decoder = this.#open('strict');
  }

  /** @returns the picture, valid up to the next call; undefined for a damaged one. */
  decode(picture: Uint8Array): Frame | undefined {
    this.#frame.unref();
    this.#packet.data = Buffer.from(picture.buffer, picture.byteOffset, picture.byteLength);
    const sent = this.#decoder.sendPacketSync(this.#packet);
    this.#packet.unref();
    const received = sent < 0 ? sent : this.#decoder.receiveFrameSync(this.#frame);
    if (received >= 0) {
      this.#accepted++;
      return this.#frame;
    }
    this.#decoder.flushBuffers();
    this.#refused++;
    if (this.#accepted === 0 && this.#refused === STRICT_TRIES) {
      this.#decoder.freeContext();
      this.#decoder = this.#open('tolerant');
    }
    return undefined;
  }

  close(): void {
    this.#decoder.freeContext();
    this.#frame.free();
    this.#packet.free();
  }

  #open(manner: 'strict' | 'tolerant'): CodecContext {
    const av = this.#av;
    const input = this.#input;
    const { AV_CODEC_ID_MJPEG, AV_CODEC_ID_RAWVIDEO } = av.constants;
    const codec = av.Codec.findDecoder(input.kind === 'mjpeg' ? AV_CODEC_ID_MJPEG : AV_CODEC_ID_RAWVIDEO);
    if (codec === null) throw new AvError(`this build of node-av has no decoder for ${input.kind}`);
    const decoder = new av.CodecContext();
    decoder.allocContext3(codec);
    decoder.threadCount = 1; // pictures of several threads come late
    if (input.kind !== 'mjpeg') {
      decoder.width = input.width;
      decoder.height = input.height;
      decoder.pixelFormat = this.#pixelFormat(input.kind);
    } else if (manner === 'strict') {
      check(av, decoder.setOption('err_detect', 'explode'), 'set err_detect');
    }
    check(av, decoder.open2Sync(codec), 'open the decoder of pictures');
    return decoder;
  }

  #pixelFormat(kind: Exclude<PictureFormat['kind'], 'mjpeg'>): CodecContext['pixelFormat'] {
    const { AV_PIX_FMT_YUYV422, AV_PIX_FMT_UYVY422, AV_PIX_FMT_YUV420P, AV_PIX_FMT_NV12 } =
      this.#av.constants;
    const formats = {
      yuyv422: AV_PIX_FMT_YUYV422,
      uyvy422: AV_PIX_FMT_UYVY422,
      yuv420p: AV_PIX_FMT_YUV420P,
      nv12: AV_PIX_FMT_NV12,
    };
    return formats[kind];
  }
}
