import { randomInt } from 'node:crypto';
import { type Micros, micros } from '@pinhole/core';
import type { RtpAnchor, Stream, StreamUnit } from '@pinhole/engine';
import { packetizeH264 } from '@pinhole/media/rtp';
import { GopRates, type StreamRates } from './delivery/gop-rates.ts';
import { RtpTimeline } from './rtp-timeline.ts';

/** One access unit cut into RTP payloads, shared by all viewers. */
export interface UnitPackets {
  /** Names the unit in the history, and in those of all other streams. */
  readonly id: number;
  readonly payloads: readonly Uint8Array[];
  /** The bytes of each. */
  readonly sizes: Uint16Array;
  /** 0…2^32−1. */
  readonly timestamp: number;
  readonly captureTime: Micros;
  readonly sizeBytes: number;
}

/** What the history may hold. */
export interface HistoryLimits {
  readonly sizeBytes: number;
  readonly duration: Micros;
}

/** What passed through since the stream had its first WebRTC viewer. */
export interface PacketizedStreamCounters {
  readonly unitsPacketized: number;
  /** Units that left the history before their time was over, because it was full. */
  readonly historyOverflows: number;
  /** Times the capture clock was set; see {@link RtpTimeline}. */
  readonly timelineMoves: number;
}

const DEFAULT_LIMITS: HistoryLimits = { sizeBytes: 16 * 2 ** 20, duration: micros(1_000_000) };

const SAME_MOMENT = micros(20_000);

/**
 * A stream's access units as RTP payloads: each is cut once, whatever the number of viewers, and stays in a history that
 * answers the NACKs of all of them.
 */
export class PacketizedStream {
  /** Of the next unit of any stream; 32 bits. */
  static #nextId = 0;
  static readonly #known = new WeakMap<Stream, PacketizedStream>();

  readonly #limits: HistoryLimits;
  readonly #packets = new WeakMap<StreamUnit, UnitPackets>();
  /** By unit id; the longest unused first. */
  readonly #history = new Map<number, { readonly packets: UnitPackets; readonly usedAt: Micros }>();
  readonly #rates = new GopRates();
  #noted: StreamUnit | undefined;
  #taken: { readonly unit: StreamUnit; readonly packets: UnitPackets; readonly at: Micros } | undefined;
  #historyBytes = 0;
  #timeline: RtpTimeline | undefined;
  #anchor: RtpAnchor | undefined;
  #unitsPacketized = 0;
  #historyOverflows = 0;

  constructor(options: { readonly limits?: Partial<HistoryLimits> } = {}) {
    this.#limits = { ...DEFAULT_LIMITS, ...options.limits };
  }

  /** The one that belongs to a stream, made when first asked for. */
  static of(stream: Stream): PacketizedStream {
    const known = PacketizedStream.#known.get(stream);
    if (known) return known;
    const made = new PacketizedStream();
    PacketizedStream.#known.set(stream, made);
    return made;
  }

  get counters(): PacketizedStreamCounters {
    return {
      unitsPacketized: this.#unitsPacketized,
      historyOverflows: this.#historyOverflows,
      timelineMoves: this.#timeline?.moves ?? 0,
    };
  }

  /** Bytes of payload that NACKs can be answered from. */
  get historyBytes(): number {
    return this.#historyBytes;
  }

  /** Where RTP time and capture time meet for the newest unit; undefined before the first. */
  get anchor(): RtpAnchor | undefined {
    return this.#anchor;
  }

  /** What the stream takes; undefined before the first whole GOP. */
  get rates(): StreamRates | undefined {
    return this.#rates.latest;
  }

  /** A unit of the live edge, sent or not; each viewer may say so. */
  note(unit: StreamUnit): void {
    if (unit === this.#noted) return;
    this.#noted = unit;
    this.#rates.add(unit);
  }

  /** The RTP time at a moment of the capture clock; undefined before the first unit. */
  timestampAt(captureTime: Micros): number | undefined {
    return this.#timeline?.at(captureTime);
  }

  /** A unit about to be sent to a viewer: its packets, which NACKs can ask for from now on. */
  take(unit: StreamUnit, now: Micros): UnitPackets {
    const taken = this.#taken;
    // All viewers of a picture take it within a moment.
    if (taken?.unit === unit && now - taken.at < SAME_MOMENT) return taken.packets;
    const packets = this.#packets.get(unit) ?? this.#packetize(unit);
    this.#keep(packets, now);
    this.#taken = { unit, packets, at: now };
    return packets;
  }

  /** Packets that were sent a short while ago; undefined once they left the history. */
  find(id: number): UnitPackets | undefined {
    return this.#history.get(id)?.packets;
  }

  static #takeId(): number {
    const id = PacketizedStream.#nextId;
    PacketizedStream.#nextId = (id + 1) % 2 ** 32;
    return id;
  }

  #packetize(unit: StreamUnit): UnitPackets {
    const { captureTime } = unit;
    this.#timeline ??= new RtpTimeline({ firstTicks: randomInt(2 ** 32), captureTime });
    const timestamp = this.#timeline.next(unit);
    const payloads = packetizeH264(unit.nalUnits);
    const packets: UnitPackets = {
      id: PacketizedStream.#takeId(),
      payloads,
      sizes: Uint16Array.from(payloads, ({ byteLength }) => byteLength),
      timestamp,
      captureTime,
      sizeBytes: payloads.reduce((sum, { byteLength }) => sum + byteLength, 0),
    };
    this.#unitsPacketized++;
    this.#packets.set(unit, packets);
    this.#anchor = { rtpTimestamp: timestamp, captureTime };
    return packets;
  }

  #keep(packets: UnitPackets, now: Micros): void {
    const kept = this.#history.get(packets.id);
    if (kept && now - kept.usedAt < SAME_MOMENT) return;
    if (kept) this.#history.delete(packets.id);
    else this.#historyBytes += packets.sizeBytes;
    this.#history.set(packets.id, { packets, usedAt: now });
    for (const [id, old] of this.#history) {
      const expired = now - old.usedAt > this.#limits.duration;
      if (id === packets.id || (!expired && this.#historyBytes <= this.#limits.sizeBytes)) break;
      if (!expired) this.#historyOverflows++;
      this.#history.delete(id);
      this.#historyBytes -= old.packets.sizeBytes;
    }
  }
}
