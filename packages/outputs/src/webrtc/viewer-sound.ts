import { randomInt } from 'node:crypto';
import type { Micros } from '@pinhole/core';
import type { AudioFrame } from '@pinhole/engine';
import { microsToNtp, type SenderReport } from '@pinhole/media/rtp';
import type { DatagramPath } from '@pinhole/webrtc';
import type { ExtensionIds } from './negotiated-session.ts';
import type { RtpSender } from './rtp-sender.ts';
import { SoundTimeline } from './sound-timeline.ts';
import { ViewerExtensions } from './viewer-extensions.ts';

/** What one viewer's sound is made with. */
export interface ViewerSoundOptions {
  readonly sender: RtpSender;
  readonly path: Pick<DatagramPath, 'queuedBytes'>;
  readonly ssrc: number;
  readonly mid: string;
  readonly extensionIds: ExtensionIds;
}

/** What was sent to one viewer. */
export interface ViewerSoundCounters {
  readonly packetsSent: number;
  /** Datagram bytes, headers and tags included. */
  readonly bytesSent: number;
  readonly payloadBytesSent: number;
  /** Frames left out: the socket was full, or it was no Opus. */
  readonly framesDropped: number;
}

/** A socket that has so much before it is full: sound that waits is worth nothing. */
const FULL_SOCKET_BYTES = 2 ** 18;

/** One viewer's sound: a packet of Opus a frame. @see RFC 7587 §4 */
export class ViewerSound {
  readonly #options: ViewerSoundOptions;
  readonly #extensions: ViewerExtensions;
  readonly #timeline = new SoundTimeline(randomInt(2 ** 32));
  readonly #counters = { packetsSent: 0, bytesSent: 0, payloadBytesSent: 0, framesDropped: 0 };
  // Below 2^15, so that the first wrap cannot come before the viewer knows where we began (RFC 3711 §3.3.1).
  #nextIndex = randomInt(1, 0x8000);

  constructor(options: ViewerSoundOptions) {
    this.#options = options;
    this.#extensions = new ViewerExtensions(options);
  }

  get counters(): ViewerSoundCounters {
    return this.#counters;
  }

  /** Sends a frame now. */
  write(frame: AudioFrame): void {
    const { sender, path } = this.#options;
    if (frame.parameters.codec !== 'opus' || path.queuedBytes > FULL_SOCKET_BYTES) {
      this.#counters.framesDropped++;
      return;
    }
    const { timestamp, gap } = this.#timeline.next(frame);
    const extension = this.#extensions.of(frame.captureTime);
    this.#counters.bytesSent += sender.send({
      payloads: [frame.data],
      firstIndex: this.#nextIndex++,
      timestamp,
      extension,
      // The first after silence (RFC 3551 §4.1).
      marker: gap ? 'last' : 'none',
    });
    this.#counters.packetsSent++;
    this.#counters.payloadBytesSent += frame.data.byteLength;
  }

  /** RTP time and counts at `now`; undefined before the first packet. */
  report(now: Micros): SenderReport | undefined {
    const rtpTimestamp = this.#timeline.at(now);
    if (rtpTimestamp === undefined) return undefined;
    return {
      kind: 'sender-report',
      ssrc: this.#options.ssrc,
      ntp: microsToNtp(now),
      rtpTimestamp,
      packetsSent: this.#counters.packetsSent,
      bytesSent: this.#counters.payloadBytesSent,
      reports: [],
    };
  }

  close(): void {
    this.#options.sender.close();
  }
}
