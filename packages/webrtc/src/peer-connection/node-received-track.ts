import { joinAnnexB, NAL_TYPE, nalType } from '@pinhole/media/h264';
import { type DepacketizedUnit, H264Depacketizer, type RtpPacket } from '@pinhole/media/rtp';
import { PacketOrder } from './packet-order.ts';

/** One coded picture that came. */
export interface ReceivedUnit {
  /** Annex B, the taker's to keep. */
  readonly data: Uint8Array;
  /** RTP time, 90 kHz, 32 bits, wraps. */
  readonly timestamp: number;
  /** Decoding can begin here. */
  readonly key: boolean;
}

/** What a track received. */
export interface ReceivedTrackCounters {
  readonly packets: number;
  /** Pictures given out. */
  readonly units: number;
  /** Pictures left out: something before them was lost, and no key picture came since. */
  readonly unitsUndecodable: number;
  /** Pictures left out because packets of theirs never came. */
  readonly unitsIncomplete: number;
  readonly packetsLost: number;
  readonly keyFrameRequests: number;
}

/** What a received track needs of its connection. */
export interface ReceivedTrackOptions {
  readonly id: string;
  /** Sends a picture loss indication. */
  readonly requestKeyFrame: () => void;
}

const KEY_REQUEST_INTERVAL_MS = 500;

/** H.264 pictures as they come from a connection, each whole and decodable. */
export class NodeReceivedTrack {
  readonly kind = 'video';
  readonly id: string;
  readonly #options: ReceivedTrackOptions;
  readonly #order = new PacketOrder<RtpPacket>();
  readonly #depacketizer = new H264Depacketizer();
  readonly #unitListeners = new Set<(unit: ReceivedUnit) => void>();
  readonly #packetListeners = new Set<(packet: RtpPacket) => void>();
  readonly #endListeners = new Set<() => void>();
  readonly #counters = { packets: 0, units: 0, unitsUndecodable: 0, keyFrameRequests: 0 };
  #waitsForKey = true;
  /** The parameter sets that came last. */
  #parameterSets: readonly Uint8Array[] = [];
  #requestedAt = Number.NEGATIVE_INFINITY;
  #ended = false;

  constructor(options: ReceivedTrackOptions) {
    this.id = options.id;
    this.#options = options;
  }

  get readyState(): 'live' | 'ended' {
    return this.#ended ? 'ended' : 'live';
  }

  get counters(): ReceivedTrackCounters {
    const { droppedIncomplete, droppedOversize, packetsLost } = this.#depacketizer.counters;
    return { ...this.#counters, unitsIncomplete: droppedIncomplete + droppedOversize, packetsLost };
  }

  /**
   * Gives every picture to `listener`, the first one a key picture: it is asked for.
   * @returns a function that ends it
   */
  subscribe(listener: (unit: ReceivedUnit) => void): () => void {
    this.#unitListeners.add(listener);
    this.#waitsForKey = true;
    this.requestKeyFrame();
    return () => this.#unitListeners.delete(listener);
  }

  /** Gives every packet of RTP to `listener`, in order. @returns a function that ends it */
  subscribePackets(listener: (packet: RtpPacket) => void): () => void {
    this.#packetListeners.add(listener);
    return () => this.#packetListeners.delete(listener);
  }

  /** Calls `listener` once no more pictures will come. @returns a function that ends it */
  ended(listener: () => void): () => void {
    this.#endListeners.add(listener);
    return () => this.#endListeners.delete(listener);
  }

  /** Asks the camera for a key picture, every 500 ms at most. */
  requestKeyFrame(): void {
    const now = performance.now();
    if (this.#ended || now - this.#requestedAt < KEY_REQUEST_INTERVAL_MS) return;
    this.#requestedAt = now;
    this.#counters.keyFrameRequests++;
    this.#options.requestKeyFrame();
  }

  /** Takes no more pictures. May be called again. */
  stop(): void {
    if (this.#ended) return;
    this.#ended = true;
    for (const listener of this.#endListeners) listener();
    this.#endListeners.clear();
    this.#unitListeners.clear();
    this.#packetListeners.clear();
  }

  /** A packet came. Called by its connection. */
  receive(packet: RtpPacket): void {
    if (this.#ended) return;
    this.#counters.packets++;
    for (const next of this.#order.push(packet, performance.now())) {
      for (const listener of this.#packetListeners) listener(next);
      for (const unit of this.#depacketizer.push(next)) this.#take(unit);
    }
    if (this.#waitsForKey && this.#unitListeners.size > 0) this.requestKeyFrame();
  }

  #take({ nalUnits, timestamp, afterLoss }: DepacketizedUnit): void {
    const has = (type: number): boolean => nalUnits.some((nal) => nalType(nal) === type);
    if (has(NAL_TYPE.sps)) this.#parameterSets = nalUnits.filter((nal) => isParameterSet(nalType(nal)));
    // The first packets of a connection may be lost, and the parameter sets with them; others come once and for all.
    const key = this.#parameterSets.length > 0 && has(NAL_TYPE.idr);
    if (afterLoss) this.#waitsForKey = true;
    if (key) this.#waitsForKey = false;
    if (this.#waitsForKey) {
      this.#counters.unitsUndecodable++;
      return;
    }
    this.#counters.units++;
    const whole = key && !has(NAL_TYPE.sps) ? [...this.#parameterSets, ...nalUnits] : nalUnits;
    const unit: ReceivedUnit = { data: joinAnnexB(whole), timestamp, key };
    for (const listener of this.#unitListeners) listener(unit);
  }
}

const isParameterSet = (type: number): boolean => type === NAL_TYPE.sps || type === NAL_TYPE.pps;
