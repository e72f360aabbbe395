import { randomInt } from 'node:crypto';
import { type Micros, micros } from '@pinhole/core';
import type { AccessUnitSink, Delivery, StreamUnit } from '@pinhole/engine';
import { microsToNtp, type SenderReport } from '@pinhole/media/rtp';
import type { DatagramPath } from '@pinhole/webrtc';
import type { ExtensionIds } from './negotiated-session.ts';
import type { PacketizedStream, UnitPackets } from './packetized-stream.ts';
import type { RtpRun, RtpSender } from './rtp-sender.ts';
import type { RtxStream } from './rtx-stream.ts';
import { type SentRun, SentRuns } from './sent-runs.ts';
import { ViewerExtensions } from './viewer-extensions.ts';

/** What one viewer's sending is made with. */
export interface ViewerRtpOptions {
  readonly packetized: PacketizedStream;
  readonly sender: RtpSender;
  /** Where lost packets come again; as they were unless given. */
  readonly rtx?: RtxStream;
  readonly path: Pick<DatagramPath, 'queuedBytes'>;
  readonly ssrc: number;
  readonly mid: string;
  readonly extensionIds: ExtensionIds;
  /** How far the viewer turns the picture clockwise. */
  readonly rotation?: 0 | 90 | 180 | 270;
  readonly now: () => Micros;
}

/** What was sent to one viewer. */
export interface ViewerRtpCounters {
  readonly packetsSent: number;
  /** Datagram bytes, headers and tags included. */
  readonly bytesSent: number;
  readonly payloadBytesSent: number;
  readonly packetsResent: number;
  /** Asked for again, but no longer in the history. */
  readonly nacksTooLate: number;
  /** Asked for again, but more was asked than a viewer may. */
  readonly nacksRefused: number;
  /** Dropped on their way to the path; what the path drops, it counts. */
  readonly packetsDropped: number;
}

/** While older pictures are caught up with: packets that go out at once, then so many every few milliseconds. */
const BURST = { packets: 128, everyMs: 5 } as const;

/** A viewer that has so much before it is full. */
const FULL = { socketBytes: 2 ** 20, waitingBytes: 24 * 2 ** 20 } as const;

/** Packets sent again within a second: as many as were sent in it, but at least these. */
const LEAST_RESENDS_A_SECOND = 500;

const ONE_SECOND = micros(1_000_000);

/**
 * One viewer's RTP stream: gives the packets of each unit their sequence numbers, without a gap whatever was left out
 * before, and answers NACKs from the stream's history.
 */
export class ViewerRtp implements AccessUnitSink {
  readonly #options: ViewerRtpOptions;
  readonly #runs = new SentRuns();
  readonly #extensions: ViewerExtensions;
  readonly #counters = {
    packetsSent: 0,
    bytesSent: 0,
    payloadBytesSent: 0,
    packetsResent: 0,
    nacksTooLate: 0,
    nacksRefused: 0,
  };
  readonly #waiting: UnitPackets[] = [];
  #waitingBytes = 0;
  #pace: NodeJS.Timeout | undefined;
  // Below 2^15, so that the first wrap cannot come before the viewer knows where we began (RFC 3711 §3.3.1).
  #nextIndex = randomInt(1, 0x8000);
  #nextTransport = randomInt(0x10000);
  #lastTimestamp: number | undefined;
  #resendWindow = { since: micros(0), packetsBefore: 0, resent: 0 };
  #closed = false;

  constructor(options: ViewerRtpOptions) {
    this.#options = options;
    this.#extensions = new ViewerExtensions(options);
  }

  get counters(): ViewerRtpCounters {
    const { sender, rtx } = this.#options;
    const packetsDropped = (sender.droppedPackets ?? 0) + (rtx?.packetsDropped ?? 0);
    return { ...this.#counters, packetsDropped };
  }

  /** 0…1: what waits here, in the sender and in the socket. */
  get pressure(): number {
    const { path, sender } = this.#options;
    const socket = path.queuedBytes / FULL.socketBytes;
    return Math.min(1, Math.max(socket, sender.pressure ?? 0, this.#waitingBytes / FULL.waitingBytes));
  }

  /** Sends a unit now, or behind those that wait. */
  write(unit: StreamUnit, { catchUp }: Delivery): void {
    if (this.#closed) return;
    const packets = this.#options.packetized.take(unit, this.#options.now());
    if (this.#waiting.length === 0 && !catchUp) {
      this.#send(packets);
      return;
    }
    this.#waiting.push(packets);
    this.#waitingBytes += packets.sizeBytes;
    // The whole replay comes in one turn: it starts when that turn is over.
    this.#pace ??= setTimeout(() => this.#drain(), 0);
  }

  /**
   * Sends again what the viewer asks for, as far as it is still there.
   * @returns whether some of it is not: then only a key frame helps.
   */
  resend(sequences: readonly number[], now: Micros): boolean {
    const tooLate = this.#counters.nacksTooLate;
    for (const sequence of sequences) {
      const found = this.#runs.find(sequence);
      const packets = found && this.#options.packetized.find(found.run.unit);
      if (!packets) this.#counters.nacksTooLate++;
      else if (!this.#mayResend(now)) this.#counters.nacksRefused++;
      else {
        this.#resend(this.#runOf(packets, found.run), found.position);
      }
    }
    return this.#counters.nacksTooLate > tooLate;
  }

  /** RTP time and counts at `now`; undefined before the first packet. */
  report(now: Micros): SenderReport | undefined {
    const rtpTimestamp = this.#options.packetized.timestampAt(now);
    if (this.#counters.packetsSent === 0 || rtpTimestamp === undefined) return undefined;
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

  /** Ends it; nothing is sent any more. */
  close(): void {
    this.#closed = true;
    clearTimeout(this.#pace);
    this.#waiting.length = 0;
    this.#waitingBytes = 0;
    this.#options.sender.close();
    this.#options.rtx?.close();
  }

  #drain(): void {
    this.#pace = undefined;
    let left: number = BURST.packets;
    while (left > 0) {
      const packets = this.#waiting.shift();
      if (!packets) return;
      this.#waitingBytes -= packets.sizeBytes;
      left -= packets.payloads.length;
      this.#send(packets);
    }
    if (this.#waiting.length > 0) this.#pace = setTimeout(() => this.#drain(), BURST.everyMs);
  }

  #send(packets: UnitPackets): void {
    const count = packets.payloads.length;
    const timestamp = this.#timestampOf(packets);
    const run = {
      unit: packets.id,
      firstIndex: this.#nextIndex,
      count,
      firstTransport: this.#nextTransport,
      timestamp,
    };
    this.#nextIndex += count;
    this.#nextTransport = (this.#nextTransport + count) % 0x10000;
    this.#runs.push(run);
    this.#counters.packetsSent += count;
    this.#counters.payloadBytesSent += packets.sizeBytes;
    this.#counters.bytesSent += this.#options.sender.send(this.#runOf(packets, run));
  }

  #resend(run: RtpRun, position: number): void {
    const { sender, rtx } = this.#options;
    this.#counters.packetsResent++;
    if (!rtx) {
      sender.resend(run, position);
      return;
    }
    rtx.send(run, position, this.#nextTransport);
    this.#nextTransport = (this.#nextTransport + 1) % 0x10000;
  }

  /** Rises for each viewer: pictures that are sent once more follow what it saw a tick apart, and catch up at once. */
  #timestampOf({ timestamp }: UnitPackets): number {
    const last = this.#lastTimestamp;
    const ahead = last === undefined || ((timestamp - last) | 0) > 0;
    this.#lastTimestamp = ahead ? timestamp : (last + 1) % 2 ** 32;
    return this.#lastTimestamp;
  }

  #runOf(packets: UnitPackets, sent: Pick<SentRun, 'firstIndex' | 'firstTransport' | 'timestamp'>): RtpRun {
    const { payloads, captureTime } = packets;
    const { firstIndex, timestamp } = sent;
    const extension = this.#extensions.of(captureTime);
    const { transportOffset: offset } = this.#extensions;
    if (offset === undefined) return { payloads, firstIndex, timestamp, extension };
    const transportSequence = { offset, first: sent.firstTransport };
    return { payloads, firstIndex, timestamp, extension, transportSequence };
  }

  #mayResend(now: Micros): boolean {
    if (now - this.#resendWindow.since >= ONE_SECOND) {
      this.#resendWindow = { since: now, packetsBefore: this.#counters.packetsSent, resent: 0 };
    }
    const sent = this.#counters.packetsSent - this.#resendWindow.packetsBefore;
    return this.#resendWindow.resent++ < Math.max(LEAST_RESENDS_A_SECOND, sent);
  }
}
