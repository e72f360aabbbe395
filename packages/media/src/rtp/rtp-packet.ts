import { MalformedError } from '@pinhole/core';

/** Bytes of an RTP header without CSRCs and extension (RFC 3550 §5.1). */
export const RTP_FIXED_HEADER_BYTES = 12;

/** The one header extension an RTP packet may carry; its elements are read by `parseExtensionElements`. */
export interface RtpExtension {
  /** `0xbede` or `0x100x` where the elements follow RFC 8285. */
  readonly profile: number;
  /** What follows the extension's length field, padding included. */
  readonly bytes: Uint8Array;
}

/** One RTP packet. Absent fields are the usual case: no CSRC, no extension, no padding. */
export interface RtpPacket {
  /** For video: the last packet of its access unit (RFC 6184 §5.1). */
  readonly marker: boolean;
  /** 0…127. */
  readonly payloadType: number;
  /** 0…65535, wraps. */
  readonly sequence: number;
  /** 0…2^32−1 in ticks of the payload's clock, wraps. */
  readonly timestamp: number;
  readonly ssrc: number;
  /** Contributing sources, at most 15. */
  readonly csrcs?: readonly number[];
  readonly extension?: RtpExtension;
  readonly payload: Uint8Array;
  /** Bytes after the payload, the count byte included; 0…255. */
  readonly paddingBytes?: number;
}

/**
 * Parses one RTP datagram.
 *
 * ```
 *  0                   1                   2                   3
 * |V=2|P|X|  CC   |M|     PT      |       sequence number         |
 * |                           timestamp                           |
 * |                             SSRC                              |
 * |                       CSRC × CC …                             |
 * |      extension profile        |     length in 32-bit words    |   if X
 * |                 extension …                                   |
 * ```
 *
 * @returns views; `bytes` is neither copied nor changed.
 * @throws {MalformedError} `rtp/*` — for any input whatsoever, this is the only throw.
 * @see RFC 3550 §5.1 (header), §5.3.1 (extension)
 */
export function parseRtp(bytes: Uint8Array): RtpPacket {
  const end = bytes.byteLength;
  if (end < RTP_FIXED_HEADER_BYTES) {
    throw new MalformedError('rtp/too-short', `${end} bytes, an RTP header has ${RTP_FIXED_HEADER_BYTES}`);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, end);
  const first = view.getUint8(0);
  const second = view.getUint8(1);
  if (first >> 6 !== 2) throw new MalformedError('rtp/version', `RTP version ${first >> 6}, need 2`);

  let at = RTP_FIXED_HEADER_BYTES;
  const csrcCount = first & 0x0f;
  if (at + csrcCount * 4 > end) {
    throw new MalformedError('rtp/csrc', `${csrcCount} CSRCs announced in ${end} bytes`);
  }
  const csrcs: number[] = [];
  for (let i = 0; i < csrcCount; i++, at += 4) csrcs.push(view.getUint32(at));

  let extension: RtpExtension | undefined;
  if ((first & 0x10) !== 0) {
    if (at + 4 > end) throw new MalformedError('rtp/extension', `extension header cut off at byte ${end}`);
    const lengthBytes = view.getUint16(at + 2) * 4;
    const start = at + 4;
    if (start + lengthBytes > end) {
      throw new MalformedError(
        'rtp/extension',
        `${lengthBytes} extension bytes announced, ${end - start} left`,
      );
    }
    extension = { profile: view.getUint16(at), bytes: bytes.subarray(start, start + lengthBytes) };
    at = start + lengthBytes;
  }

  let paddingBytes = 0;
  if ((first & 0x20) !== 0) {
    paddingBytes = at < end ? view.getUint8(end - 1) : 0;
    if (paddingBytes === 0 || at + paddingBytes > end) {
      throw new MalformedError(
        'rtp/padding',
        `padding of ${paddingBytes} bytes, ${end - at} follow the header`,
      );
    }
  }

  return {
    marker: (second & 0x80) !== 0,
    payloadType: second & 0x7f,
    sequence: view.getUint16(2),
    timestamp: view.getUint32(4),
    ssrc: view.getUint32(8),
    ...(csrcCount > 0 && { csrcs }),
    ...(extension !== undefined && { extension }),
    payload: bytes.subarray(at, end - paddingBytes),
    ...(paddingBytes > 0 && { paddingBytes }),
  };
}

/**
 * Writes one RTP datagram into fresh memory. Sequence, timestamp and SSRC are taken modulo their width.
 * @throws {RangeError} a field that RTP cannot carry: more than 15 CSRCs, a payload type above 127, padding above 255
 *   bytes, an extension that is not whole 32-bit words.
 * @see RFC 3550 §5.1
 */
export function serializeRtp(packet: RtpPacket): Uint8Array {
  const { csrcs = [], extension, payload, paddingBytes = 0 } = packet;
  if (csrcs.length > 15) throw new RangeError(`${csrcs.length} CSRCs, RTP carries 15`);
  if (packet.payloadType > 127) throw new RangeError(`payload type ${packet.payloadType}, RTP carries 0…127`);
  if (paddingBytes > 255) throw new RangeError(`${paddingBytes} padding bytes, RTP carries 255`);
  const extensionBytes = extension?.bytes.byteLength ?? 0;
  if (extensionBytes % 4 !== 0 || extensionBytes > 0xffff * 4) {
    throw new RangeError(`extension of ${extensionBytes} bytes, need up to 65535 whole 32-bit words`);
  }

  const payloadAt =
    RTP_FIXED_HEADER_BYTES + csrcs.length * 4 + (extension === undefined ? 0 : 4 + extensionBytes);
  const bytes = new Uint8Array(payloadAt + payload.byteLength + paddingBytes);
  const view = new DataView(bytes.buffer);
  const padding = paddingBytes > 0 ? 0x20 : 0;
  view.setUint8(0, 0x80 | padding | (extension === undefined ? 0 : 0x10) | csrcs.length);
  view.setUint8(1, (packet.marker ? 0x80 : 0) | packet.payloadType);
  view.setUint16(2, packet.sequence);
  view.setUint32(4, packet.timestamp);
  view.setUint32(8, packet.ssrc);
  let at = RTP_FIXED_HEADER_BYTES;
  for (const csrc of csrcs) {
    view.setUint32(at, csrc);
    at += 4;
  }
  if (extension !== undefined) {
    view.setUint16(at, extension.profile);
    view.setUint16(at + 2, extensionBytes / 4);
    bytes.set(extension.bytes, at + 4);
  }
  bytes.set(payload, payloadAt);
  if (paddingBytes > 0) view.setUint8(bytes.byteLength - 1, paddingBytes);
  return bytes;
}
