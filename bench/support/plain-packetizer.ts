import type { Micros } from '@pinhole/core';
import { packetizeH264 } from '@pinhole/media/rtp';

const HEADER_BYTES = 12;
const TICKS_A_MICROSECOND = 0.09;

/** Whole RTP packets of one stream, without anything that differs between viewers. */
export class PlainPacketizer {
  readonly #options: { readonly ssrc: number; readonly payloadType: number };
  #sequence = 0;

  constructor(options: { readonly ssrc: number; readonly payloadType: number }) {
    this.#options = options;
  }

  /** The packets of a picture. Its RTP time is that of its capture, at 90 kHz since 1970. */
  packets(nals: readonly Uint8Array[], captureTime: Micros): readonly Buffer[] {
    const payloads = packetizeH264(nals);
    const timestamp = Math.floor(captureTime * TICKS_A_MICROSECOND) % 2 ** 32;
    return payloads.map((payload, i) => {
      const packet = Buffer.allocUnsafe(HEADER_BYTES + payload.byteLength);
      packet[0] = 0x80;
      packet[1] = (i === payloads.length - 1 ? 0x80 : 0) | this.#options.payloadType;
      packet.writeUInt16BE(this.#sequence, 2);
      packet.writeUInt32BE(timestamp, 4);
      packet.writeUInt32BE(this.#options.ssrc, 8);
      packet.set(payload, HEADER_BYTES);
      this.#sequence = (this.#sequence + 1) % 0x10000;
      return packet;
    });
  }
}
