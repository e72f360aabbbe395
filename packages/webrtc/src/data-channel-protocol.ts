/** Payload protocol identifiers (RFC 8831 §8). */
export const PAYLOAD_PROTOCOL = {
  control: 50,
  text: 51,
  binary: 53,
  emptyText: 56,
  emptyBinary: 57,
} as const;

const ACK = 2;
const OPEN = 3;
const OPEN_HEADER_BYTES = 12;
const UNORDERED = 0x80;
const MAX_RETRANSMITS = 1;

/** What a peer asks for when it opens a channel. */
export interface OpenRequest {
  readonly label: string;
  readonly ordered: boolean;
  readonly maxRetransmits?: number;
}

/** DATA_CHANNEL_ACK. @see RFC 8832 §5.2 */
export const ACK_MESSAGE: Uint8Array = Uint8Array.of(ACK);

/**
 * Reads DATA_CHANNEL_OPEN; a lifetime of messages is taken as none.
 * @returns undefined for what is none.
 * @see RFC 8832 §5.1
 */
export function parseOpen(message: Uint8Array): OpenRequest | undefined {
  if (message.byteLength < OPEN_HEADER_BYTES || message[0] !== OPEN) return undefined;
  const view = new DataView(message.buffer, message.byteOffset, message.byteLength);
  const type = view.getUint8(1);
  const labelBytes = view.getUint16(8);
  if (OPEN_HEADER_BYTES + labelBytes + view.getUint16(10) > message.byteLength) return undefined;
  return {
    label: Buffer.from(message.subarray(OPEN_HEADER_BYTES, OPEN_HEADER_BYTES + labelBytes)).toString(),
    ordered: (type & UNORDERED) === 0,
    ...((type & 0x7f) === MAX_RETRANSMITS && { maxRetransmits: view.getUint32(4) }),
  };
}
