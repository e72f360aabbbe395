import { availableParallelism } from 'node:os';
import type { Micros } from '@pinhole/core';
import type { Frame } from 'node-av/lib';
import type { EncoderTuning, PictureToEncode } from '../encode/encoder-options.ts';
import { H264Units } from '../h264-units.ts';
import type { Av } from './av.ts';
import { LowDelayEncoder } from './low-delay-encoder.ts';
import type { EncodeRequest } from './messages.ts';
import type { Outlet } from './outlet.ts';
import { PictureDecoder } from './picture-decoder.ts';

/** Encodes pictures as they come by IPC, and reports each. */
export class EncodeJob {
  readonly #av: Av;
  readonly #request: EncodeRequest;
  readonly #outlet: Outlet;
  readonly #decoder: PictureDecoder;
  readonly #units = new H264Units();
  #tuning: EncoderTuning;
  #encoder: LowDelayEncoder | undefined;
  #like: string | undefined;

  constructor(av: Av, request: EncodeRequest, outlet: Outlet) {
    this.#av = av;
    this.#request = request;
    this.#outlet = outlet;
    this.#tuning = request.tuning;
    this.#decoder = new PictureDecoder(av, request.input);
  }

  /** Makes the next picture a key picture. */
  requestKeyFrame(): void {
    this.#encoder?.requestKeyFrame();
  }

  /** Does so from the next picture on. */
  tune(tuning: EncoderTuning): void {
    const { gop, framesPerSecond } = this.#tuning;
    this.#tuning = tuning;
    this.#encoder?.setBitrate(tuning.bitrate);
    // The rest holds from the opening on: another encoder goes on with a key picture, which any decoder follows.
    if (tuning.gop !== gop || tuning.framesPerSecond !== framesPerSecond) this.#like = undefined;
  }

  /** Encodes a picture and reports what became of it. @throws {AvError} when no encoder opens */
  async encode(picture: PictureToEncode): Promise<void> {
    const frame = this.#decoder.decode(picture.data);
    if (frame === undefined) {
      this.#outlet.send({ kind: 'picture-done', outcome: 'corrupt' });
      return;
    }
    for (const packet of this.#encoderFor(frame, picture.captureTime).encode(frame, picture.captureTime)) {
      const unit = this.#units.unit(packet);
      if (unit !== undefined) this.#outlet.send({ kind: 'unit', unit });
    }
    this.#outlet.send({ kind: 'picture-done', outcome: 'encoded' });
    await this.#outlet.drained();
  }

  #encoderFor(frame: Frame, origin: Micros): LowDelayEncoder {
    const like = `${frame.width}x${frame.height} ${frame.format}`;
    if (this.#encoder !== undefined && this.#like === like) return this.#encoder;
    this.#encoder?.close();
    this.#encoder = undefined;
    const { encoder } = this.#request;
    const opened = new LowDelayEncoder(this.#av, frame, origin, {
      encoder,
      tuning: this.#tuning,
      threads: availableParallelism(),
    });
    this.#like = like;
    this.#encoder = opened;
    const { name, width, height } = opened;
    this.#outlet.send({ kind: 'encoder', name, width, height });
    return opened;
  }
}
