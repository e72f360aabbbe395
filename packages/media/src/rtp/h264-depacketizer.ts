import { isPictureType, NAL_TYPE, nalType } from '../h264/nal-type.ts';
import { readH264Payload, splitAtStartCodes } from './h264-payload-parts.ts';
import { NalUnitCollector } from './nal-unit-collector.ts';
import type { RtpPacket } from './rtp-packet.ts';

/** What a depacketizer holds at most. */
export interface DepacketizerLimits {
  /** Bytes of one access unit; a larger one is dropped. */
  readonly maxUnitBytes?: number;
  /** NAL units of one access unit. */
  readonly maxNalUnits?: number;
}

/** One coded picture as it came by RTP. */
export interface DepacketizedUnit {
  /** Without start codes: views of the payload where a NAL unit came in one packet, else fresh memory. Never empty. */
  readonly nalUnits: readonly Uint8Array[];
  /** As in its packets: 32 bits, wraps. */
  readonly timestamp: number;
  /** Something was lost between the unit given out before this one and this one: ask for a key frame. */
  readonly afterLoss: boolean;
}

/** What became of the packets; all since the start. */
export interface DepacketizerCounters {
  /** Units given out. */
  readonly units: number;
  /** Units left out because packets of theirs were lost or malformed. */
  readonly droppedIncomplete: number;
  /** Units left out because they passed a limit. */
  readonly droppedOversize: number;
  /** Sequence numbers that never came. */
  readonly packetsLost: number;
  /** Packets that came twice or after a later one. */
  readonly packetsLate: number;
  /** Times the sequence numbers began anew elsewhere: the sender restarted. */
  readonly sequenceRestarts: number;
  /** Packets that announce more than they hold. */
  readonly packetsMalformed: number;
  /** Packets of packetization-mode 2; what they carried is lost. */
  readonly packetsUnsupported: number;
  /** Fragmented NAL units whose last fragment did not say so, though no packet was missing; they were kept. */
  readonly fragmentEndsMissing: number;
  /** Pictures given out in two, because the sender sets the marker on each slice; from the first on it is ignored. */
  readonly unitsSplit: number;
}

const SEQUENCE_MODULUS = 2 ** 16;

/** No network reorders further: a number that far behind is a sender that began anew. */
const MAX_PACKETS_BEHIND = 1000;

/** So many late packets in a row are not late, the sender began anew a little behind. */
const MAX_LATE_IN_A_ROW = 100;

/**
 * Access units out of the RTP packets of one H.264 stream, packetization-mode 0 or 1.
 *
 * A unit is complete at its marker, or when a packet with another time stamp comes. A picture with a hole is never
 * given out. A gap before a picture's first packet costs that picture only if its start is missing: it must begin with
 * a delimiter, a parameter set or the slice of macroblock 0. NAL units without a slice (parameter sets sent with a
 * marker or time stamp of their own, as some cameras do) go with the picture that follows them.
 *
 * Packets are wanted in order; one that comes late is counted and left out.
 *
 * @see RFC 6184 §5.1 (marker, time stamp), §7 (de-packetization)
 */
export class H264Depacketizer {
  readonly #collector: NalUnitCollector;
  #lastSequence: number | undefined;
  #lateInARow = 0;
  #timestamp: number | undefined;
  #emittedTimestamp: number | undefined;
  #broken: 'incomplete' | 'oversize' | undefined;
  #startUnsure = false;
  #lost = false;
  #markerReliable = true;
  readonly #counters = {
    units: 0,
    droppedIncomplete: 0,
    droppedOversize: 0,
    packetsLost: 0,
    packetsLate: 0,
    sequenceRestarts: 0,
    packetsMalformed: 0,
    packetsUnsupported: 0,
    fragmentEndsMissing: 0,
    unitsSplit: 0,
  };

  constructor({ maxUnitBytes = 8 * 2 ** 20, maxNalUnits = 4096 }: DepacketizerLimits = {}) {
    this.#collector = new NalUnitCollector({ maxBytes: maxUnitBytes, maxNalUnits });
  }

  /** A copy of the counts so far. */
  get counters(): DepacketizerCounters {
    return { ...this.#counters };
  }

  /**
   * Takes the next packet.
   * @returns the units that it completed, oldest first: mostly none or one; two when a unit without marker is followed
   *   by one of a single packet. Never throws: what cannot be read is counted and costs its unit.
   */
  push(packet: Pick<RtpPacket, 'sequence' | 'timestamp' | 'marker' | 'payload'>): DepacketizedUnit[] {
    const gap = this.#gapBefore(packet.sequence);
    if (gap === 'late') return [];
    const units: DepacketizedUnit[] = [];
    const newPicture = packet.timestamp !== this.#timestamp;
    if (gap > 0) {
      this.#lost = true;
      // A unit still open when packets vanish has lost its end, or its middle.
      if (this.#collector.hasPicture || this.#collector.midFragment) this.#broken ??= 'incomplete';
    }
    if (newPicture) {
      this.#finish(units);
      this.#timestamp = packet.timestamp;
    }
    if (gap > 0 && this.#broken === undefined) this.#startUnsure = true;
    this.#take(packet);
    if (packet.marker && this.#markerReliable) this.#finish(units);
    return units;
  }

  #gapBefore(sequence: number): number | 'late' {
    const last = this.#lastSequence;
    const ahead = last === undefined ? 1 : (sequence - last + SEQUENCE_MODULUS) % SEQUENCE_MODULUS;
    const behind = (SEQUENCE_MODULUS - ahead) % SEQUENCE_MODULUS;
    if (behind <= MAX_PACKETS_BEHIND && this.#lateInARow < MAX_LATE_IN_A_ROW) {
      this.#lateInARow++;
      this.#counters.packetsLate++;
      return 'late';
    }
    this.#lateInARow = 0;
    this.#lastSequence = sequence;
    if (behind < SEQUENCE_MODULUS / 2) {
      this.#counters.sequenceRestarts++;
      return 1;
    }
    this.#counters.packetsLost += ahead - 1;
    return ahead - 1;
  }

  #take(packet: Pick<RtpPacket, 'payload' | 'timestamp'>): void {
    const part = readH264Payload(packet.payload);
    switch (part.kind) {
      case 'empty':
      case 'reserved':
        return;
      case 'malformed':
        this.#counters.packetsMalformed++;
        this.#break('incomplete');
        return;
      case 'unsupported':
        this.#counters.packetsUnsupported++;
        this.#break('incomplete');
        return;
      case 'nal-units':
        this.#closeFragments();
        for (const nal of part.nalUnits) this.#add(nal);
        return;
      case 'fragment':
        if (part.first) {
          this.#closeFragments();
          this.#collector.openFragments(part.header);
        } else if (!this.#collector.midFragment) {
          this.#break('incomplete');
          return;
        }
        if (!this.#collector.addFragment(part.body)) this.#break('oversize');
        else if (part.last) this.#addJoined();
    }
  }

  #closeFragments(): void {
    if (!this.#collector.midFragment || this.#broken !== undefined) return;
    this.#counters.fragmentEndsMissing++;
    this.#addJoined();
  }

  #addJoined(): void {
    const nal = this.#collector.closeFragments();
    const inside = nalType(nal) === 0 ? splitAtStartCodes(nal) : [];
    for (const unit of inside.length > 0 ? inside : [nal]) this.#add(unit);
  }

  #add(nal: Uint8Array): void {
    const slice = isPictureType(nalType(nal));
    if (this.#startUnsure && !this.#collector.hasPicture) {
      if (slice && !startsPicture(nal)) this.#break('incomplete');
      if (slice || nalType(nal) === NAL_TYPE.accessUnitDelimiter || nalType(nal) === NAL_TYPE.sps) {
        this.#startUnsure = false;
      }
    }
    const continues = slice && !startsPicture(nal) && !this.#collector.hasPicture;
    if (continues && this.#timestamp === this.#emittedTimestamp && this.#markerReliable) {
      this.#markerReliable = false;
      this.#counters.unitsSplit++;
    }
    if (this.#broken === undefined && !this.#collector.add(nal, { slice })) this.#break('oversize');
  }

  #break(why: 'incomplete' | 'oversize'): void {
    this.#broken ??= why;
    this.#lost = true;
  }

  #finish(units: DepacketizedUnit[]): void {
    this.#closeFragments();
    if (this.#broken !== undefined) {
      this.#counters[this.#broken === 'oversize' ? 'droppedOversize' : 'droppedIncomplete']++;
      this.#collector.clear();
      this.#broken = undefined;
    } else if (this.#collector.hasPicture && this.#timestamp !== undefined) {
      const nalUnits = this.#collector.takeNalUnits();
      units.push({ nalUnits, timestamp: this.#timestamp, afterLoss: this.#lost });
      this.#counters.units++;
      this.#emittedTimestamp = this.#timestamp;
      this.#lost = false;
    } else {
      return;
    }
    this.#startUnsure = false;
  }
}

/** The slice begins with macroblock 0: `first_mb_in_slice` is ue(v) 0, a single 1 bit (H.264 §7.3.3). */
const startsPicture = (nal: Uint8Array): boolean => ((nal[1] ?? 0) & 0x80) !== 0;
