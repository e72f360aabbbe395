import { type Micros, micros, Pace } from '@pinhole/core';
import type { CodecContext, Frame, Packet } from 'node-av/lib';
import type { JpegOptions } from '../jpeg-options.ts';
import { type Av, AvError, check } from './av.ts';
import { encodeJpeg } from './jpeg-job.ts';
import type { UnitToShow } from './messages.ts';
import type { Outlet } from './outlet.ts';

/**
 * Decodes units as they come and reports a JPEG of pictures, at most so many a second. A parent that does not take what
 * is reported gets fewer: nothing piles up here.
 */
export class JpegStreamJob {
  readonly #av: Av;
  readonly #outlet: Outlet;
  #options: JpegOptions;
  readonly #decoder: CodecContext;
  readonly #packet: Packet;
  readonly #frame: Frame;
  #pace: Pace;
  #shownFrom: Micros = micros(Number.NEGATIVE_INFINITY);

  /** @throws {AvError} where this build has no decoder */
  constructor(av: Av, options: JpegOptions & { readonly framesPerSecond: number }, outlet: Outlet) {
    this.#av = av;
    this.#outlet = outlet;
    this.#options = options;
    this.#pace = new Pace(options.framesPerSecond);
    const codec = av.Codec.findDecoder(av.constants.AV_CODEC_ID_H264);
    if (codec === null) throw new AvError('this build of node-av has no H.264 decoder');
    this.#decoder = new av.CodecContext();
    this.#decoder.allocContext3(codec);
    this.#decoder.setFlags(av.constants.AV_CODEC_FLAG_LOW_DELAY);
    this.#packet = new av.Packet();
    this.#packet.alloc();
    this.#frame = new av.Frame();
    this.#frame.alloc();
    check(av, this.#decoder.open2Sync(codec), 'open the decoder');
  }

  /** How many pictures a second at most, and how they are made, from now on. */
  change(options: JpegOptions & { readonly framesPerSecond: number }): void {
    this.#options = options;
    this.#pace = new Pace(options.framesPerSecond);
  }

  /** Takes the next unit in decoding order. A damaged one is passed over: the next may be whole. */
  decode({ data, captureTime, hidden }: UnitToShow): void {
    if (hidden) this.#shownFrom = micros(captureTime + 1);
    this.#packet.data = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
    this.#packet.pts = BigInt(Math.round(captureTime));
    this.#packet.dts = this.#packet.pts;
    this.#decoder.sendPacketSync(this.#packet);
    this.#packet.unref();
    while (this.#decoder.receiveFrameSync(this.#frame) >= 0) {
      this.#show(this.#frame);
      this.#frame.unref();
    }
  }

  #show(frame: Frame): void {
    const captureTime = micros(Number(frame.pts));
    if (captureTime < this.#shownFrom || this.#outlet.isFull || !this.#pace.admits(captureTime)) return;
    this.#outlet.send({ kind: 'jpeg', ...encodeJpeg(this.#av, frame, this.#options), captureTime });
  }
}
