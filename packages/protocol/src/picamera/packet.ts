import { MalformedError } from '@pinhole/core';
import { CommandType } from './codes.ts';
import { ProtobufReader, WIRE } from './protobuf-reader.ts';
import { decodeMessage, encodeMessage, type MessageSchema } from './protobuf-schema.ts';
import { ProtobufWriter } from './protobuf-writer.ts';

/** The longest packet that is read: the longest message that browsers take. */
export const MAX_PACKET_BYTES = 262_144;
/** Bytes of a body in one packet; only the last one has fewer. */
export const PACKET_CHUNK_BYTES = 65_536;
/** The longest id of a stream, in UTF-16 units; devices send a UUID. */
export const MAX_STREAM_ID_CHARS = 128;

/** One recording. */
export interface FileEntry {
  /** The path on the device, to be given back as it came. */
  readonly filepath: string;
  /** Whole seconds; 0 where the device could not tell. */
  readonly durationSec: number;
  /** A `data:` URL of a picture, or empty. */
  readonly thumbnail: string;
}

/** The body of an answer to QUERY_FILE. */
export interface QueryFileResponse {
  readonly files: readonly FileEntry[];
  /** A {@link VideoMode}; generation C, else 0. */
  readonly mode: number;
}

/** What a packet can carry; enumerated values that are new here are kept as numbers. */
export interface PacketPayloads {
  readonly disconnectionRequest: { readonly reason: number };
  readonly controlCameraRequest: { readonly id: number; readonly value: number };
  readonly takeSnapshotRequest: { readonly quality: number };
  /** `queryType` is the field `type`, a {@link QueryFileType}. */
  readonly queryFileRequest: {
    readonly queryType: number;
    readonly parameter: string;
    readonly mode: number;
  };
  readonly transferFileRequest: { readonly filepath: string };
  readonly streamHeader: { readonly streamId: string; readonly totalLength: number };
  readonly streamChunk: { readonly streamId: string; readonly offset: number; readonly data: Uint8Array };
  readonly streamTrailer: { readonly streamId: string; readonly reason: string };
  readonly recordingResponse: { readonly isRecording: boolean; readonly filepath: string };
  readonly toggleTrackingRequest: { readonly enable: boolean };
  readonly toggleTrackingResponse: { readonly enabled: boolean };
  /** The bytes themselves. */
  readonly customCommand: { readonly data: Uint8Array };
}

/** One packet of generations B and C. `kind` is which payload it carries; a packet may carry none. */
export type Packet = { readonly type: number } & (
  | { readonly kind: undefined }
  | { [Kind in keyof PacketPayloads]: { readonly kind: Kind } & PacketPayloads[Kind] }[keyof PacketPayloads]
);

type FramedPayloads = Omit<PacketPayloads, 'customCommand'>;

const PAYLOADS: { readonly [Kind in keyof FramedPayloads]: MessageSchema<FramedPayloads[Kind]> } = {
  disconnectionRequest: { reason: [1, 'uint32'] },
  controlCameraRequest: { id: [1, 'uint32'], value: [2, 'uint32'] },
  takeSnapshotRequest: { quality: [1, 'uint32'] },
  queryFileRequest: { queryType: [1, 'uint32'], parameter: [2, 'string'], mode: [3, 'uint32'] },
  transferFileRequest: { filepath: [1, 'string'] },
  streamHeader: { streamId: [1, 'string'], totalLength: [2, 'uint64'] },
  streamChunk: { streamId: [1, 'string'], offset: [2, 'uint64'], data: [3, 'bytes'] },
  streamTrailer: { streamId: [1, 'string'], reason: [2, 'string'] },
  recordingResponse: { isRecording: [1, 'bool'], filepath: [2, 'string'] },
  toggleTrackingRequest: { enable: [1, 'bool'] },
  toggleTrackingResponse: { enabled: [1, 'bool'] },
};

const TYPE_FIELD = 1;
const CUSTOM_FIELD = 100;
const FIELD_OF_KIND: { readonly [Kind in keyof FramedPayloads]: number } = {
  disconnectionRequest: 2,
  controlCameraRequest: 3,
  takeSnapshotRequest: 4,
  queryFileRequest: 5,
  transferFileRequest: 6,
  streamHeader: 7,
  streamChunk: 8,
  streamTrailer: 9,
  recordingResponse: 10,
  toggleTrackingRequest: 11,
  toggleTrackingResponse: 12,
};
const KIND_OF_FIELD = new Map(
  Object.entries(FIELD_OF_KIND).map(([kind, field]) => [field, kind as keyof FramedPayloads]),
);

const QUERY_RESPONSE: MessageSchema<QueryFileResponse> = {
  files: [1, 'repeated', { filepath: [1, 'string'], durationSec: [2, 'uint32'], thumbnail: [3, 'string'] }],
  mode: [2, 'uint32'],
};

/**
 * Writes a packet.
 * @returns bytes of their own
 * @throws {RangeError} for a number that is not whole, negative, or too large for its field
 */
export function encodePacket(packet: Packet): Uint8Array {
  const payload = payloadBytes(packet);
  const writer = new ProtobufWriter(24 + (payload?.byteLength ?? 0)).uint32(TYPE_FIELD, packet.type);
  if (packet.kind === 'customCommand') writer.message(CUSTOM_FIELD, packet.data);
  else if (packet.kind !== undefined && payload) writer.message(FIELD_OF_KIND[packet.kind], payload);
  return writer.finish();
}

/**
 * Reads a packet. Unknown fields are skipped; of several payloads the last one counts.
 * @returns bytes in it are views of `bytes`
 * @throws {MalformedError} `picamera/packet`; for any bytes whatsoever, nothing else
 */
export function decodePacket(bytes: Uint8Array): Packet {
  if (bytes.byteLength > MAX_PACKET_BYTES) {
    throw new MalformedError(
      'picamera/packet',
      `the packet has ${bytes.byteLength} bytes, at most ${MAX_PACKET_BYTES} are read`,
    );
  }
  const reader = new ProtobufReader(bytes);
  let type: number = CommandType.DISCONNECT;
  let payload: object = { kind: undefined };
  for (let tag = reader.next(); tag !== undefined; tag = reader.next()) {
    const kind = KIND_OF_FIELD.get(tag.field);
    if (tag.field === TYPE_FIELD && tag.wire === WIRE.varint) type = reader.uint32();
    else if (tag.field === CUSTOM_FIELD && tag.wire === WIRE.length) {
      payload = { kind: 'customCommand', data: reader.bytes() };
    } else if (kind !== undefined && tag.wire === WIRE.length) {
      payload = { kind, ...decodeMessage<object>(PAYLOADS[kind], reader.bytes()) };
    } else reader.skip(tag.wire);
  }
  // One schema a kind: what was read has the members of its kind.
  const packet = { type, ...payload } as Packet;
  const id = packet.kind?.startsWith('stream') && 'streamId' in packet ? packet.streamId : '';
  if (id.length > MAX_STREAM_ID_CHARS) {
    throw new MalformedError('picamera/packet', `a stream id has ${id.length} characters`);
  }
  return packet;
}

/** Writes the body of an answer to QUERY_FILE. No files in mode 0 are no bytes at all. */
export const encodeQueryFileResponse = (response: QueryFileResponse): Uint8Array =>
  encodeMessage(QUERY_RESPONSE, response);

/**
 * Reads the body of an answer to QUERY_FILE.
 * @throws {MalformedError} `picamera/packet`; for any bytes whatsoever, nothing else
 */
export const decodeQueryFileResponse = (bytes: Uint8Array): QueryFileResponse =>
  decodeMessage(QUERY_RESPONSE, bytes);

function payloadBytes(packet: Packet): Uint8Array | undefined {
  if (packet.kind === undefined) return undefined;
  if (packet.kind === 'customCommand') return packet.data;
  return encodeMessage<object>(PAYLOADS[packet.kind], packet);
}
