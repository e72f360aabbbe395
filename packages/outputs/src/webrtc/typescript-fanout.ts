import { RTP_FIXED_HEADER_BYTES } from '@pinhole/media/rtp';
import { openSrtpProtector, type SrtpProtector } from '@pinhole/webrtc';
import type { Fanout, RtpRun, RtpSender, RtpSenderOptions } from './rtp-sender.ts';

/** Sends with Node's own crypto and sockets, on the thread that calls. */
export const typescriptFanout: Fanout = {
  name: 'typescript',
  open: (options) => new TypescriptSender(options),
};

class TypescriptSender implements RtpSender {
  readonly #options: RtpSenderOptions;
  #protector: SrtpProtector | undefined;

  constructor(options: RtpSenderOptions) {
    this.#options = options;
    this.#protector = openSrtpProtector(options.keys);
  }

  send(run: RtpRun): number {
    let sentBytes = 0;
    for (let position = 0; position < run.payloads.length; position++)
      sentBytes += this.#sendOne(run, position);
    return sentBytes;
  }

  resend(run: RtpRun, position: number): void {
    this.#sendOne(run, position);
  }

  close(): void {
    this.#protector = undefined;
  }

  #sendOne(run: RtpRun, position: number): number {
    const protector = this.#protector;
    const payload = run.payloads[position];
    if (!protector || !payload) return 0;
    const { ssrc, payloadType, path } = this.#options;
    const index = run.firstIndex + position;
    const headerBytes = RTP_FIXED_HEADER_BYTES + run.extension.byteLength;
    const datagram = Buffer.allocUnsafe(headerBytes + payload.byteLength + protector.overheadBytes);
    const isLast = position === run.payloads.length - 1;
    const marker = isLast && run.marker !== 'none' ? 0x80 : 0;
    datagram[0] = run.extension.byteLength > 0 ? 0x90 : 0x80;
    datagram[1] = marker | payloadType;
    datagram.writeUInt16BE(index & 0xffff, 2);
    datagram.writeUInt32BE(run.timestamp, 4);
    datagram.writeUInt32BE(ssrc, 8);
    datagram.set(run.extension, RTP_FIXED_HEADER_BYTES);
    if (run.transportSequence) {
      const { offset, first } = run.transportSequence;
      datagram.writeUInt16BE((first + position) & 0xffff, RTP_FIXED_HEADER_BYTES + offset);
    }
    protector.protect(datagram, { headerBytes, payload, index, ssrc });
    path.send(datagram);
    return datagram.byteLength;
  }
}
