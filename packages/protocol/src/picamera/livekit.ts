import { MalformedError } from '@pinhole/core';
import { ProtobufReader, WIRE } from './protobuf-reader.ts';
import { decodeMessage, encodeMessage, type MessageSchema } from './protobuf-schema.ts';
import { ProtobufWriter } from './protobuf-writer.ts';

/** The topic of the messages for the programs beside a camera. */
export const SFU_IPC_TOPIC = 'ipc_topic';

/** Whether a data packet through an SFU may be lost; devices leave it out, which reads as `reliable`. */
export type SfuDataKind = 'reliable' | 'lossy';

/** A message of a data channel through an SFU: what LiveKit calls a DataPacket with a UserPacket. */
export interface SfuDataPacket {
  readonly kind: SfuDataKind;
  /** What the generation of the two ends makes of a custom message. */
  readonly payload: Uint8Array;
  readonly topic: string;
}

/** The longest message of a data channel that browsers take. */
const MAX_BYTES = 262_144;

interface UserPacket {
  readonly payload: Uint8Array;
  readonly topic: string;
}

const USER_PACKET: MessageSchema<UserPacket> = { payload: [2, 'bytes'], topic: [4, 'string'] };
const KIND_FIELD = 1;
const USER_FIELD = 2;

/** Writes a message for a data channel through an SFU. */
export function encodeSfuData(packet: SfuDataPacket): Uint8Array {
  const user = encodeMessage(USER_PACKET, { payload: packet.payload, topic: packet.topic });
  return new ProtobufWriter(16 + user.byteLength)
    .uint32(KIND_FIELD, packet.kind === 'lossy' ? 1 : 0)
    .message(USER_FIELD, user)
    .finish();
}

/**
 * Reads a message of a data channel through an SFU; unknown fields are skipped.
 * @returns undefined where it is not from a user: LiveKit has others. The payload is a view.
 * @throws {MalformedError} `picamera/packet`; for any bytes whatsoever, nothing else
 */
export function decodeSfuData(bytes: Uint8Array): SfuDataPacket | undefined {
  if (bytes.byteLength > MAX_BYTES) {
    throw new MalformedError(
      'picamera/packet',
      `the data packet has ${bytes.byteLength} bytes, at most ${MAX_BYTES} are read`,
    );
  }
  const reader = new ProtobufReader(bytes);
  let kind: SfuDataKind = 'reliable';
  let user: UserPacket | undefined;
  for (let tag = reader.next(); tag !== undefined; tag = reader.next()) {
    if (tag.field === KIND_FIELD && tag.wire === WIRE.varint) {
      kind = reader.uint32() === 1 ? 'lossy' : 'reliable';
    } else if (tag.field === USER_FIELD && tag.wire === WIRE.length) {
      user = decodeMessage(USER_PACKET, reader.bytes());
    } else reader.skip(tag.wire);
  }
  return user && { kind, payload: user.payload, topic: user.topic };
}
