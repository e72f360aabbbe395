import { FfmpegError } from '../failure.ts';

const HEADER_BYTES = 27;
const BEGINS = 2;
const CONTINUED = 1;
const LONGEST_PACKET_BYTES = 61_440;

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, index) => {
  let crc = index << 24;
  for (let bit = 0; bit < 8; bit++) crc = crc & 0x8000_0000 ? (crc << 1) ^ 0x04c1_1db7 : crc << 1;
  return crc >>> 0;
});

function checksum(bytes: Uint8Array): number {
  let crc = 0;
  for (const byte of bytes) crc = (crc << 8) ^ (CRC_TABLE[((crc >>> 24) ^ byte) & 0xff] ?? 0);
  return crc >>> 0;
}

/**
 * Writes Opus packets as an Ogg stream, each in a page of its own.
 * @see RFC 3533 §6, RFC 7845 §5
 */
export class OggOpusWriter {
  #page = 0;
  #samples = 0;

  /** What stands in front of the first packet. */
  head(channels: number): Uint8Array {
    const head = Buffer.alloc(19);
    head.write('OpusHead', 0, 'latin1');
    head.set([1, channels], 8);
    head.writeUInt32LE(48_000, 12); // nothing to skip, gain 0, mapping family 0
    const tags = Buffer.alloc(16);
    tags.write('OpusTags', 0, 'latin1');
    return Buffer.concat([this.#write(head, BEGINS), this.#write(tags, 0)]);
  }

  /** A packet that sounds for so many samples of 48 kHz. */
  packet(packet: Uint8Array, samples: number): Uint8Array {
    this.#samples += samples;
    return packet.byteLength > LONGEST_PACKET_BYTES ? new Uint8Array() : this.#write(packet, 0);
  }

  #write(packet: Uint8Array, flags: number): Uint8Array {
    const lacing = [
      ...Array.from({ length: Math.floor(packet.byteLength / 255) }, () => 255),
      packet.byteLength % 255,
    ];
    const page = Buffer.alloc(HEADER_BYTES + lacing.length + packet.byteLength);
    page.write('OggS', 0, 'latin1');
    page[5] = flags;
    page.writeBigUInt64LE(BigInt(this.#samples), 6);
    page.writeUInt32LE(1, 14);
    page.writeUInt32LE(this.#page++, 18);
    page[26] = lacing.length;
    page.set(lacing, HEADER_BYTES);
    page.set(packet, HEADER_BYTES + lacing.length);
    page.writeUInt32LE(checksum(page), 22);
    return page;
  }
}

/** Takes the packets out of an Ogg stream. */
export class OggReader {
  #rest: Uint8Array = new Uint8Array();
  #open: Uint8Array[] = [];

  /**
   * Takes bytes as they come.
   * @yields packets, with memory of their own; the first two are headers.
   * @throws {FfmpegError} `ffmpeg/encode` when this is no Ogg
   */
  *push(chunk: Uint8Array): Generator<Uint8Array, void, void> {
    let bytes: Uint8Array = this.#rest.byteLength === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    for (;;) {
      const segments = bytes[HEADER_BYTES - 1];
      if (segments === undefined || bytes.byteLength < HEADER_BYTES + segments) break;
      if (Buffer.from(bytes.subarray(0, 4)).toString('latin1') !== 'OggS') {
        throw new FfmpegError('ffmpeg/encode', 'FFmpeg wrote no Ogg');
      }
      const lacing = bytes.subarray(HEADER_BYTES, HEADER_BYTES + segments);
      const end = HEADER_BYTES + segments + lacing.reduce((sum, length) => sum + length, 0);
      if (bytes.byteLength < end) break;
      if (((bytes[5] ?? 0) & CONTINUED) === 0) this.#open = [];
      yield* this.#packets(bytes.subarray(HEADER_BYTES + segments, end), lacing);
      bytes = bytes.subarray(end);
    }
    this.#rest = bytes.slice();
  }

  *#packets(body: Uint8Array, lacing: Uint8Array): Generator<Uint8Array, void, void> {
    let at = 0;
    for (const length of lacing) {
      this.#open.push(body.slice(at, at + length));
      at += length;
      if (length === 255) continue;
      yield new Uint8Array(Buffer.concat(this.#open));
      this.#open = [];
    }
  }
}
