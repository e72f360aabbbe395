import { ByteWriter } from '@pinhole/core';

/** A message of a handshake, whole. */
export interface HandshakeMessage {
  readonly type: number;
  /** Counts the messages of its sender from 0. */
  readonly sequence: number;
  readonly body: Uint8Array;
}

/** What stands before a message, and before each part of one. */
export const MESSAGE_HEADER_BYTES = 12;

/**
 * A part of a message, or all of it.
 *
 * ```
 *  0               1               2               3
 * +---------------+-----------------------------------------------+
 * |     type      |             length of the message             |
 * +---------------+---------------+-------------------------------+
 * |      message sequence         |   where the part begins ...   |
 * +---------------+---------------+-------------------------------+
 * | ...           |             length of the part                |
 * +---------------+-----------------------------------------------+
 * ```
 * @see RFC 6347 §4.2.2
 */
export const serializeFragment = (
  { type, sequence, body }: HandshakeMessage,
  part: { readonly at: number; readonly end: number },
): Uint8Array =>
  new ByteWriter(MESSAGE_HEADER_BYTES + part.end - part.at)
    .u8(type)
    .u24(body.byteLength)
    .u16(sequence)
    .u24(part.at)
    .u24(part.end - part.at)
    .bytes(body.subarray(part.at, part.end))
    .finish();

/** A message in one piece, as transcripts have it however it travelled (RFC 6347 §4.2.6). */
export const serializeMessage = (message: HandshakeMessage): Uint8Array =>
  serializeFragment(message, { at: 0, end: message.body.byteLength });
