import { MalformedError } from '@pinhole/core';

/** One packet of a compound, before its body is understood. */
export interface RtcpBlock {
  readonly packetType: number;
  readonly countOrFormat: number;
  /** After the four header bytes, padding left out; a view. */
  readonly body: Uint8Array;
}

const HEADER_BYTES = 4;

/**
 * Whether a datagram that came on a port shared with RTP is RTCP.
 * @see RFC 5761 §4
 */
export function isRtcp(datagram: Uint8Array): boolean {
  const second = datagram[1] ?? 0;
  return second >= 192 && second <= 223;
}

/**
 * Cuts a compound datagram at the lengths that its packets announce.
 *
 * ```
 * |V=2|P| count/format |  packet type  |  length in words − 1  |
 * ```
 *
 * @throws {MalformedError} `rtcp/too-short`, `rtcp/version`, `rtcp/length`, `rtcp/padding`
 * @see RFC 3550 §6.1, §6.4.1
 */
export function splitCompound(datagram: Uint8Array): RtcpBlock[] {
  if (datagram.byteLength < HEADER_BYTES) {
    throw new MalformedError(
      'rtcp/too-short',
      `${datagram.byteLength} bytes, an RTCP header has ${HEADER_BYTES}`,
    );
  }
  const view = new DataView(datagram.buffer, datagram.byteOffset, datagram.byteLength);
  const blocks: RtcpBlock[] = [];
  for (let at = 0; at < datagram.byteLength; ) {
    const left = datagram.byteLength - at;
    if (left < HEADER_BYTES) throw new MalformedError('rtcp/length', `${left} bytes after the last packet`);
    const first = view.getUint8(at);
    if (first >> 6 !== 2)
      throw new MalformedError('rtcp/version', `RTCP version ${first >> 6} at byte ${at}, need 2`);
    const lengthBytes = (view.getUint16(at + 2) + 1) * 4;
    if (lengthBytes > left) {
      throw new MalformedError(
        'rtcp/length',
        `packet at byte ${at} announces ${lengthBytes} bytes, ${left} left`,
      );
    }
    const end = at + lengthBytes;
    const paddingBytes = (first & 0x20) === 0 ? 0 : view.getUint8(end - 1);
    if ((first & 0x20) !== 0 && (paddingBytes === 0 || paddingBytes > lengthBytes - HEADER_BYTES)) {
      throw new MalformedError(
        'rtcp/padding',
        `padding of ${paddingBytes} bytes in a packet of ${lengthBytes}`,
      );
    }
    blocks.push({
      packetType: view.getUint8(at + 1),
      countOrFormat: first & 0x1f,
      body: datagram.subarray(at + HEADER_BYTES, end - paddingBytes),
    });
    at = end;
  }
  return blocks;
}

/**
 * A view of a block's body that is long enough.
 * @throws {MalformedError} `rtcp/body-too-short`
 */
export function bodyView({ packetType, countOrFormat, body }: RtcpBlock, needBytes: number): DataView {
  if (body.byteLength < needBytes) {
    throw new MalformedError(
      'rtcp/body-too-short',
      `packet type ${packetType}, count or format ${countOrFormat}: body of ${body.byteLength} bytes, need ${needBytes}`,
    );
  }
  return new DataView(body.buffer, body.byteOffset, body.byteLength);
}
