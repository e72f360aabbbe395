import type { RtpPacket } from './rtp-packet.ts';

/** How the headers of a stream's packets are laid out, as its `a=fmtp` tells. */
export interface AacPacketLayout {
  /** Bits of a frame's size: 13 of AAC-hbr, 6 of AAC-lbr. */
  readonly sizeLength: number;
  /** Bits of the first frame's index. */
  readonly indexLength: number;
  /** Bits of how many frames were passed over before each next one. */
  readonly indexDeltaLength: number;
  /** Ticks of the RTP clock in one frame. */
  readonly ticksPerFrame: number;
}

/** One AAC frame as it came by RTP. */
export interface DepacketizedSound {
  /** A view of the payload where it came in one packet, else fresh memory. Never empty. */
  readonly data: Uint8Array;
  /** Of its first sample: 32 bits, wraps. */
  readonly timestamp: number;
}

/** What became of the packets. */
export interface AacDepacketizerCounters {
  readonly frames: number;
  /** Frames left out because fragments of theirs were lost. */
  readonly droppedIncomplete: number;
  /** Packets that announce more than they hold, or nothing that could be. */
  readonly packetsMalformed: number;
}

interface Fragments {
  readonly timestamp: number;
  readonly sizeBytes: number;
  readonly parts: Uint8Array[];
  heldBytes: number;
  nextSequence: number;
}

const LARGEST_FRAME_BYTES = 8192;
const SEQUENCE_MODULUS = 2 ** 16;

/**
 * AAC frames out of the RTP packets of one stream (`mpeg4-generic`, AAC-hbr or AAC-lbr): several frames in a packet, or
 * one frame in several. Packets are wanted in order.
 *
 * @see RFC 3640 §3.2 (payload), §3.3.5, §3.3.6 (modes)
 */
export class AacDepacketizer {
  readonly #layout: AacPacketLayout;
  #fragments: Fragments | undefined;
  /** Time stamp of the frame whose other fragments are of no use. */
  #holed: number | undefined;
  readonly #counters = { frames: 0, droppedIncomplete: 0, packetsMalformed: 0 };

  constructor(layout: AacPacketLayout) {
    this.#layout = layout;
  }

  get counters(): AacDepacketizerCounters {
    return this.#counters;
  }

  /**
   * Takes the next packet.
   * @returns the frames that it completed. Never throws: what cannot be read is counted.
   */
  push({
    payload,
    sequence,
    timestamp,
  }: Pick<RtpPacket, 'sequence' | 'timestamp' | 'payload'>): DepacketizedSound[] {
    if (payload.byteLength === 0) return [];
    const headers = this.#readHeaders(payload);
    if (headers === undefined) {
      this.#counters.packetsMalformed++;
      this.#giveUpFragments();
      return [];
    }
    const { frames, start } = headers;
    const [first] = frames;
    const room = payload.byteLength - start;
    if (first !== undefined && frames.length === 1 && first.sizeBytes > room && room > 0) {
      return this.#addFragment(payload.subarray(start), { sequence, timestamp, sizeBytes: first.sizeBytes });
    }
    this.#giveUpFragments();
    return this.#split(payload.subarray(start), frames, timestamp);
  }

  #split(
    data: Uint8Array,
    frames: readonly { readonly sizeBytes: number; readonly position: number }[],
    timestamp: number,
  ): DepacketizedSound[] {
    const found: DepacketizedSound[] = [];
    let at = 0;
    for (const { sizeBytes, position } of frames) {
      if (sizeBytes === 0 || at + sizeBytes > data.byteLength) {
        this.#counters.packetsMalformed++;
        break;
      }
      found.push({
        data: data.subarray(at, at + sizeBytes),
        timestamp: (timestamp + position * this.#layout.ticksPerFrame) >>> 0,
      });
      at += sizeBytes;
    }
    this.#counters.frames += found.length;
    return found;
  }

  #readHeaders(payload: Uint8Array):
    | {
        readonly frames: readonly { readonly sizeBytes: number; readonly position: number }[];
        readonly start: number;
      }
    | undefined {
    const { sizeLength, indexLength, indexDeltaLength } = this.#layout;
    if (payload.byteLength < 2) return undefined;
    const endBit = 16 + bitsAt(payload, 0, 16);
    const start = Math.ceil(endBit / 8);
    if (endBit === 16 || start > payload.byteLength) return undefined;
    const frames: { sizeBytes: number; position: number }[] = [];
    let position = 0;
    for (let at = 16; at < endBit; ) {
      const skipLength = frames.length === 0 ? indexLength : indexDeltaLength;
      if (at + sizeLength + skipLength > endBit) return undefined;
      const sizeBytes = bitsAt(payload, at, sizeLength);
      const skipped = bitsAt(payload, at + sizeLength, skipLength);
      // The index of the first one is 0 where nothing is interleaved, and says nothing else.
      position += frames.length === 0 ? 0 : 1 + skipped;
      if (sizeBytes > LARGEST_FRAME_BYTES) return undefined;
      frames.push({ sizeBytes, position });
      at += sizeLength + skipLength;
    }
    return { frames, start };
  }

  #addFragment(
    part: Uint8Array,
    packet: { readonly sequence: number; readonly timestamp: number; readonly sizeBytes: number },
  ): DepacketizedSound[] {
    const before = this.#fragments;
    const { sequence, timestamp, sizeBytes } = packet;
    const goesOn = before !== undefined && before.timestamp === timestamp && before.sizeBytes === sizeBytes;
    if (goesOn && before.nextSequence !== sequence) this.#holed = timestamp;
    if (!goesOn || this.#holed === timestamp) this.#giveUpFragments();
    if (this.#holed === timestamp) return [];
    this.#holed = undefined;
    // Where the beginning of a frame was lost the rest never fills it: it is given up at the next one.
    const fragments = this.#fragments ?? {
      timestamp,
      sizeBytes,
      parts: [],
      heldBytes: 0,
      nextSequence: sequence,
    };
    this.#fragments = fragments;
    fragments.parts.push(part);
    fragments.heldBytes += part.byteLength;
    fragments.nextSequence = (sequence + 1) % SEQUENCE_MODULUS;
    if (fragments.heldBytes < sizeBytes) return [];
    if (fragments.heldBytes > sizeBytes) {
      this.#counters.packetsMalformed++;
      this.#giveUpFragments();
      return [];
    }
    this.#fragments = undefined;
    this.#counters.frames++;
    return [{ data: joined(fragments.parts, sizeBytes), timestamp }];
  }

  #giveUpFragments(): void {
    if (this.#fragments === undefined) return;
    this.#fragments = undefined;
    this.#counters.droppedIncomplete++;
  }
}

function bitsAt(bytes: Uint8Array, from: number, count: number): number {
  let value = 0;
  for (let at = from; at < from + count; at++) {
    value = value * 2 + (((bytes[at >> 3] ?? 0) >> (7 - (at & 7))) & 1);
  }
  return value;
}

function joined(parts: readonly Uint8Array[], sizeBytes: number): Uint8Array {
  const bytes = new Uint8Array(sizeBytes);
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.byteLength;
  }
  return bytes;
}
