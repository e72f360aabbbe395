import { randomInt } from 'node:crypto';
import { type Micros, micros } from '@pinhole/core';
import type { Delivery, RtpAnchor, StreamUnit } from '@pinhole/engine';
import { microsToNtp, type SenderReport } from '@pinhole/media/rtp';
import type { DatagramPath } from '@pinhole/webrtc';
import type { PathEstimate } from './delivery/path-estimate.ts';
import type { ExtensionIds } from './negotiated-session.ts';
import type { PacketizedStream, UnitPackets } from './packetized-stream.ts';
import type { RtpRun, RtpSender } from './rtp-sender.ts';
import type { RtxStream } from './rtx-stream.ts';
import { type SentRun, SentRuns } from './sent-runs.ts';
import { ViewerExtensions } from './viewer-extensions.ts';

/** What one viewer's sending is made with. */
export interface ViewerRtpOptions {
  /** Whose pictures come first. */
  readonly packetized: PacketizedStream;
  readonly sender: RtpSender;
  /** Where lost packets come again; as they were unless given. */
  readonly rtx?: RtxStream;
  readonly path: Pick<DatagramPath, 'queuedBytes'>;
  readonly ssrc: number;
  readonly mid: string;
  readonly extensionIds: ExtensionIds;
  /** Told of what is sent, where packets have numbers for the whole connection. */
  readonly estimate?: Pick<PathEstimate, 'note'>;
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

/** Capture times of two streams of a camera that lie no further apart are of one clock. */
const SAME_CLOCK = micros(2_000_000);

/** What follows by a clock that is another's follows a picture of 30 a second. */
const ONE_PICTURE_TICKS = 3000;

/** A unit's packets, and what is added to their time stamps. */
interface Outgoing {
  readonly packets: UnitPackets;
  readonly tickOffset: number;
}

/** Packets asked for again that are looked for within a second: as many as were sent in it, but at least these. */
const LEAST_RESENDS_A_SECOND = 500;

const ONE_SECOND = micros(1_000_000);

/**
 * One viewer's RTP stream: gives the packets of each unit their sequence numbers, without a gap whatever was left out
 * before, and answers NACKs from the history. Units may come of one stream and then of another: time goes on as the
 * capture times do.
 */
export class ViewerRtp {
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
  readonly #waiting: Outgoing[] = [];
  #waitingBytes = 0;
  #pace: NodeJS.Timeout | undefined;
  // Below 2^15, so that the first wrap cannot come before the viewer knows where we began (RFC 3711 §3.3.1).
  #nextIndex = randomInt(1, 0x8000);
  #nextTransport = randomInt(0x10000);
  #lastTimestamp: number | undefined;
  #lastCaptureTime: Micros | undefined;
  /** What was sent last. */
  #latest: UnitPackets | undefined;
  #packetized: PacketizedStream;
  /** The stream before: what is asked for again may be of that. */
  #packetizedBefore: PacketizedStream | undefined;
  #tickOffset = 0;
  #resendWindow = { since: micros(0), packetsBefore: 0, resent: 0 };
  #closed = false;

  constructor(options: ViewerRtpOptions) {
    this.#options = options;
    this.#packetized = options.packetized;
    this.#extensions = new ViewerExtensions(options);
  }

  get counters(): ViewerRtpCounters {
    const { sender, rtx } = this.#options;
    const packetsDropped = (sender.droppedPackets ?? 0) + (rtx?.packetsDropped ?? 0);
    return { ...this.#counters, packetsDropped };
  }

  /** 0…1: what waits here, and in the sender or the socket. */
  get pressure(): number {
    const { path, sender } = this.#options;
    const onItsWay = sender.pressure ?? path.queuedBytes / FULL.socketBytes;
    return Math.min(1, Math.max(onItsWay, this.#waitingBytes / FULL.waitingBytes));
  }

  /** Where RTP time and capture time meet for this viewer; undefined before the first unit. */
  get anchor(): RtpAnchor | undefined {
    const anchor = this.#packetized.anchor;
    return anchor && { ...anchor, rtpTimestamp: modulo32(anchor.rtpTimestamp + this.#tickOffset) };
  }

  /** Sends a unit now, or behind those that wait; a key unit where it is of another stream than the one before. */
  write(
    unit: StreamUnit,
    { catchUp }: Delivery,
    packetized = this.#packetized,
    now = this.#options.now(),
  ): void {
    if (this.#closed) return;
    const packets = packetized.take(unit, now);
    if (packetized !== this.#packetized) this.#follow(packetized, packets);
    this.#lastCaptureTime = packets.captureTime;
    const tickOffset = this.#tickOffset;
    if (this.#waiting.length === 0 && !catchUp) {
      this.#send(packets, tickOffset, now);
      return;
    }
    this.#waiting.push({ packets, tickOffset });
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
      // Before anything is looked for: a datagram can ask for thousands.
      if (!this.#mayResend(now)) {
        this.#counters.nacksRefused++;
        continue;
      }
      const found = this.#runs.find(sequence);
      const packets = found && this.#find(found.run.unit);
      if (found && packets) this.#resend(this.#runOf(packets, found.run), found.position);
      else this.#counters.nacksTooLate++;
    }
    return this.#counters.nacksTooLate > tooLate;
  }

  /** Sends the last packet once more: a viewer that can hear again says so, and its picture stays as it is. */
  probe(): void {
    const run = this.#runs.newest;
    if (!this.#closed && this.#latest && run) this.#resend(this.#runOf(this.#latest, run), run.count - 1);
  }

  /** RTP time and counts at `now`; undefined before the first packet. */
  report(now: Micros): SenderReport | undefined {
    const ticks = this.#packetized.timestampAt(now);
    if (this.#counters.packetsSent === 0 || ticks === undefined) return undefined;
    const rtpTimestamp = modulo32(ticks + this.#tickOffset);
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
      const outgoing = this.#waiting.shift();
      if (!outgoing) return;
      this.#waitingBytes -= outgoing.packets.sizeBytes;
      left -= outgoing.packets.payloads.length;
      this.#send(outgoing.packets, outgoing.tickOffset, this.#options.now());
    }
    if (this.#waiting.length > 0) this.#pace = setTimeout(() => this.#drain(), BURST.everyMs);
  }

  /** From these packets on time is that of another line: moved so that both meet where they follow each other. */
  #follow(packetized: PacketizedStream, { captureTime, timestamp }: UnitPackets): void {
    const before = this.#packetized.timestampAt(captureTime);
    const step = this.#lastCaptureTime === undefined ? undefined : captureTime - this.#lastCaptureTime;
    const isSameClock = step !== undefined && Math.abs(step) <= SAME_CLOCK;
    const follows =
      isSameClock && before !== undefined
        ? before + this.#tickOffset
        : (this.#lastTimestamp ?? timestamp) + ONE_PICTURE_TICKS;
    this.#tickOffset = follows - timestamp;
    this.#packetizedBefore = this.#packetized;
    this.#packetized = packetized;
  }

  #send(packets: UnitPackets, tickOffset: number, now: Micros): void {
    const count = packets.payloads.length;
    const timestamp = this.#timestampOf(modulo32(packets.timestamp + tickOffset));
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
    this.#latest = packets;
    this.#options.estimate?.note(run.firstTransport, packets.sizes, now);
    this.#counters.packetsSent += count;
    this.#counters.payloadBytesSent += packets.sizeBytes;
    this.#counters.bytesSent += this.#options.sender.send(this.#runOf(packets, run));
  }

  #find(unit: number): UnitPackets | undefined {
    return this.#packetized.find(unit) ?? this.#packetizedBefore?.find(unit);
  }

  #resend(run: RtpRun, position: number): void {
    const { sender, rtx } = this.#options;
    this.#counters.packetsResent++;
    if (!rtx) {
      sender.resend(run, position);
      return;
    }
    rtx.send(run, position, this.#nextTransport);
    const size = Uint16Array.of(run.payloads[position]?.byteLength ?? 0);
    this.#options.estimate?.note(this.#nextTransport, size, this.#options.now());
    this.#nextTransport = (this.#nextTransport + 1) % 0x10000;
  }

  /** Rises for each viewer: pictures that are sent once more follow what it saw a tick apart, and catch up at once. */
  #timestampOf(timestamp: number): number {
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

const modulo32 = (ticks: number): number => ((ticks % 2 ** 32) + 2 ** 32) % 2 ** 32;
