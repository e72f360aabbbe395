import {
  decodeUtf8,
  encodeUtf8,
  MalformedError,
  type Micros,
  type Millis,
  micros,
  millis,
} from '@pinhole/core';
import { microsToNtp, ntpToMicros } from './ntp.ts';

/** The names by which SDP's `a=extmap` gives header extensions their ids. */
export const RTP_EXTENSION_URI = {
  mid: 'urn:ietf:params:rtp-hdrext:sdes:mid',
  transportSequence: 'http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01',
  playoutDelay: 'http://www.webrtc.org/experiments/rtp-hdrext/playout-delay',
  absCaptureTime: 'http://www.webrtc.org/experiments/rtp-hdrext/abs-capture-time',
  absSendTime: 'http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time',
} as const;

/** How long a receiver may hold a frame back, both in steps of 10 ms up to 40 950 ms. */
export interface PlayoutDelay {
  readonly minMs: Millis;
  readonly maxMs: Millis;
}

/** When a frame was captured. */
export interface AbsCaptureTime {
  /** UTC by the capturer's clock. */
  readonly captureTime: Micros;
  /** What to add to get the sender's clock; for relays that know it. */
  readonly clockOffset?: Micros;
}

/** Value of the `mid` extension (RFC 9143 §15.1). */
export const serializeMid = (mid: string): Uint8Array => encodeUtf8(mid);

/** The `mid` of a packet. */
export const parseMid = (value: Uint8Array): string => decodeUtf8(value);

/** Value of the transport-wide sequence number, taken modulo 2^16 (draft-holmer-rmcat-transport-wide-cc-extensions-01 §2). */
export function serializeTransportSequence(sequence: number): Uint8Array {
  const value = new Uint8Array(2);
  new DataView(value.buffer).setUint16(0, sequence);
  return value;
}

/**
 * The transport-wide sequence number of a packet.
 * @throws {MalformedError} `rtp/extension-value` neither 2 nor 4 bytes (4: with a request for feedback, draft version 02).
 */
export const parseTransportSequence = (value: Uint8Array): number =>
  viewOf(value, { name: 'transport-wide-cc', lengths: [2, 4] }).getUint16(0);

/**
 * Value of the playout-delay extension: 12 bits each for min and max. `{ minMs: 0, maxMs: 0 }` tells Chromium to show
 * frames as soon as they are decoded.
 * @throws {RangeError} a delay outside 0…40950 ms, or min above max.
 */
export function serializePlayoutDelay({ minMs, maxMs }: PlayoutDelay): Uint8Array {
  const min = Math.round(minMs / 10);
  const max = Math.round(maxMs / 10);
  if (!(min >= 0 && min <= max && max <= 0xfff)) {
    throw new RangeError(`playout delay ${minMs}…${maxMs} ms, need 0 ≤ min ≤ max ≤ 40950`);
  }
  return Uint8Array.of(min >> 4, ((min & 0x0f) << 4) | (max >> 8), max & 0xff);
}

/**
 * The playout delay of a packet.
 * @throws {MalformedError} `rtp/extension-value` not 3 bytes.
 */
export function parsePlayoutDelay(value: Uint8Array): PlayoutDelay {
  const view = viewOf(value, { name: 'playout-delay', lengths: [3] });
  return {
    minMs: millis((view.getUint16(0) >> 4) * 10),
    maxMs: millis((view.getUint16(1) & 0xfff) * 10),
  };
}

/** Value of the abs-capture-time extension: 8 bytes, 16 with a clock offset; both NTP 32.32, the offset signed. */
export function serializeAbsCaptureTime({ captureTime, clockOffset }: AbsCaptureTime): Uint8Array {
  const value = new Uint8Array(clockOffset === undefined ? 8 : 16);
  const view = new DataView(value.buffer);
  view.setBigUint64(0, microsToNtp(captureTime));
  if (clockOffset !== undefined) {
    const seconds = Math.floor(clockOffset / 1e6);
    const fraction = Math.round(((clockOffset - seconds * 1e6) * 2 ** 32) / 1e6);
    view.setBigInt64(8, (BigInt(seconds) << 32n) + BigInt(fraction));
  }
  return value;
}

/**
 * The capture time of a packet's frame.
 * @throws {MalformedError} `rtp/extension-value` neither 8 nor 16 bytes.
 */
export function parseAbsCaptureTime(value: Uint8Array): AbsCaptureTime {
  const view = viewOf(value, { name: 'abs-capture-time', lengths: [8, 16] });
  const captureTime = ntpToMicros(view.getBigUint64(0));
  if (value.byteLength === 8) return { captureTime };
  const offset = view.getInt32(8) * 1e6 + Math.round((view.getUint32(12) * 1e6) / 2 ** 32);
  return { captureTime, clockOffset: micros(offset) };
}

const ABS_SEND_TIME_WRAP_MICROS = 64_000_000;

/** Value of the abs-send-time extension: seconds modulo 64 in 6.18 fixed point. */
export function serializeAbsSendTime(sentAt: Micros): Uint8Array {
  const wrapped =
    ((sentAt % ABS_SEND_TIME_WRAP_MICROS) + ABS_SEND_TIME_WRAP_MICROS) % ABS_SEND_TIME_WRAP_MICROS;
  const fixed = Math.floor((wrapped * 2 ** 18) / 1e6);
  return Uint8Array.of(fixed >> 16, (fixed >> 8) & 0xff, fixed & 0xff);
}

/**
 * The send time of a packet, modulo 64 s.
 * @throws {MalformedError} `rtp/extension-value` not 3 bytes.
 */
export function parseAbsSendTime(value: Uint8Array): Micros {
  const view = viewOf(value, { name: 'abs-send-time', lengths: [3] });
  return micros(Math.round((((view.getUint16(0) << 8) | view.getUint8(2)) * 1e6) / 2 ** 18));
}

function viewOf(
  value: Uint8Array,
  wanted: { readonly name: string; readonly lengths: readonly number[] },
): DataView {
  if (!wanted.lengths.includes(value.byteLength)) {
    throw new MalformedError(
      'rtp/extension-value',
      `${wanted.name} of ${value.byteLength} bytes, need ${wanted.lengths.join(' or ')}`,
    );
  }
  return new DataView(value.buffer, value.byteOffset, value.byteLength);
}
