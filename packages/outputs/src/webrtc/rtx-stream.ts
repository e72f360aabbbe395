import { randomInt } from 'node:crypto';
import { rtxPayload } from '@pinhole/media/rtp';
import type { RtpRun, RtpSender } from './rtp-sender.ts';

/**
 * The stream in which one viewer's lost packets come again: of an SSRC, a payload type and a numbering of its own, so that
 * neither its loss counts nor its replay window ever meet a packet twice. Its sender is opened with the first of them.
 * @see RFC 4588 §4 (format), §5.1 (session multiplexing by SSRC)
 */
export class RtxStream {
  readonly #open: () => RtpSender;
  #sender: RtpSender | undefined;
  // Below 2^15, so that the first wrap cannot come before the viewer knows where we began (RFC 3711 §3.3.1).
  #nextIndex = randomInt(1, 0x8000);
  #closed = false;

  constructor(open: () => RtpSender) {
    this.#open = open;
  }

  /** Packets that were dropped on their way to the path. */
  get packetsDropped(): number {
    return this.#sender?.droppedPackets ?? 0;
  }

  /**
   * Sends the packet at `position` of a run.
   * @param transportSequence the number that it gets for the whole connection, where packets have one
   * @returns bytes handed to the socket
   */
  send(run: RtpRun, position: number, transportSequence: number): number {
    const payload = run.payloads[position];
    if (this.#closed || payload === undefined) return 0;
    this.#sender ??= this.#open();
    const isLast = position === run.payloads.length - 1;
    return this.#sender.send({
      ...run,
      payloads: [rtxPayload(run.firstIndex + position, payload)],
      firstIndex: this.#nextIndex++,
      marker: isLast ? (run.marker ?? 'last') : 'none',
      ...(run.transportSequence && {
        transportSequence: { offset: run.transportSequence.offset, first: transportSequence },
      }),
    });
  }

  close(): void {
    this.#closed = true;
    this.#sender?.close();
  }
}
