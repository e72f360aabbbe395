import type { CommandType } from './codes.ts';
import { encodePacket, PACKET_CHUNK_BYTES } from './packet.ts';

/** What every packet of one answer has. */
export interface PacketStream {
  /** The type of the request that is answered. */
  readonly type: CommandType;
  /** A UUID of its own. Clients tell answers apart by their type only: never two of one type at once. */
  readonly streamId: string;
}

/** The packet that begins an answer in parts. */
export const packetHeader = ({ type, streamId }: PacketStream, totalLength: number): Uint8Array =>
  encodePacket({ type, kind: 'streamHeader', streamId, totalLength });

/** A packet with the part of the body at `offset`; at most {@link PACKET_CHUNK_BYTES}, which are copied. */
export function packetChunk({ type, streamId }: PacketStream, offset: number, data: Uint8Array): Uint8Array {
  if (data.byteLength > PACKET_CHUNK_BYTES) throw new RangeError(`${data.byteLength} bytes in one packet`);
  return encodePacket({ type, kind: 'streamChunk', streamId, offset, data });
}

/** The packet that ends an answer; a reason says that it is not complete. */
export const packetTrailer = ({ type, streamId }: PacketStream, reason = ''): Uint8Array =>
  encodePacket({ type, kind: 'streamTrailer', streamId, reason });

/** All packets of an answer whose body is at hand, in order; an empty body is a header and a trailer. */
export function* packetFrames(stream: PacketStream, body: Uint8Array): Generator<Uint8Array, void, void> {
  yield packetHeader(stream, body.byteLength);
  for (let at = 0; at < body.byteLength; at += PACKET_CHUNK_BYTES) {
    yield packetChunk(stream, at, body.subarray(at, at + PACKET_CHUNK_BYTES));
  }
  yield packetTrailer(stream);
}
