import { CHUNK, type DataChunk } from './chunks.ts';
import type { SctpPeer } from './handshake.ts';
import { MAX_PACKET_BYTES, serializeData, serializePacket } from './serialize-packet.ts';

const COMMON_HEADER_BYTES = 12;

/** Puts chunks into packets and sends them. */
export class PacketWriter {
  readonly #options: {
    readonly localPort: number;
    readonly remotePort: number;
    readonly send: (packet: Uint8Array) => void;
  };
  #tag = 0;
  #zeroChecksum = false;

  constructor(options: {
    readonly localPort: number;
    readonly remotePort: number;
    readonly send: (packet: Uint8Array) => void;
  }) {
    this.#options = options;
  }

  /** Sends to this peer from now on. */
  address({ tag }: SctpPeer): void {
    this.#tag = tag;
  }

  /** Leaves checksums out from now on, as the peer can do without. */
  omitChecksums(): void {
    this.#zeroChecksum = true;
  }

  /** Sends one packet. */
  send(chunks: readonly Uint8Array[]): void {
    const { localPort, remotePort, send } = this.#options;
    // To an INIT belongs no tag (RFC 9260 §8.5.1), and a checksum always (RFC 9653 §5.2).
    const isInit = chunks[0]?.[0] === CHUNK.init;
    const tag = isInit ? 0 : this.#tag;
    const zeroChecksum = this.#zeroChecksum && !isInit;
    send(serializePacket({ localPort, remotePort, tag, zeroChecksum }, chunks));
  }

  /** Sends `first` and the data, as few packets as they fit into. */
  sendAll(first: readonly Uint8Array[], data: Iterable<DataChunk>): void {
    let chunks = [...first];
    let sizeBytes = chunks.reduce((sum, { byteLength }) => sum + byteLength, COMMON_HEADER_BYTES);
    for (const each of data) {
      const chunk = serializeData(each);
      if (sizeBytes + chunk.byteLength > MAX_PACKET_BYTES && chunks.length > 0) {
        this.send(chunks);
        chunks = [];
        sizeBytes = COMMON_HEADER_BYTES;
      }
      chunks.push(chunk);
      sizeBytes += chunk.byteLength;
    }
    if (chunks.length > 0) this.send(chunks);
  }
}
