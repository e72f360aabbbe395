import { MalformedError } from '@pinhole/core';
import { BitReader } from './bit-reader.ts';
import { NAL_TYPE, nalType } from './nal-type.ts';
import { rbspOf } from './rbsp.ts';

/** One message of an SEI NAL unit. */
export interface SeiMessage {
  /** `payloadType`, e.g. 5 user data, 6 recovery point (H.264 §D.1). */
  readonly payloadType: number;
  readonly payload: Uint8Array;
}

/** From here a decoder gets to right pictures without an IDR picture: how intra-refresh streams are joined. */
export interface RecoveryPoint {
  /** Frames after which all of the picture is right; 0: this one is. */
  readonly recoveryFrames: number;
  /** Pictures then match those of a decoder that started earlier, bit for bit. */
  readonly exactMatch: boolean;
  /** The stream was cut here: pictures that refer to earlier ones are wrong. */
  readonly brokenLink: boolean;
}

const RECOVERY_POINT = 6;

/** Messages beyond are left out; real units have a handful. */
const MAX_MESSAGES = 128;

/**
 * The messages of an SEI NAL unit, given without start code; the first 128. Tolerates a missing stop bit and a last message that
 * ends too early: it is left out.
 * @throws {MalformedError} `h264/nal-type`
 * @see H.264 §7.3.2.3.1
 */
export function parseSei(nal: Uint8Array): readonly SeiMessage[] {
  if (nalType(nal) !== NAL_TYPE.sei) {
    throw new MalformedError(
      'h264/nal-type',
      `NAL unit of type ${nalType(nal)} where type 6 (SEI) is needed`,
    );
  }
  const rbsp = rbspOf(nal);
  const messages: SeiMessage[] = [];
  let at = 0;
  while (at + 2 <= rbsp.byteLength && messages.length < MAX_MESSAGES) {
    const type = readCoded(rbsp, at);
    const size = readCoded(rbsp, type.next);
    const end = size.next + size.value;
    if (size.next > rbsp.byteLength || end > rbsp.byteLength) break;
    messages.push({ payloadType: type.value, payload: rbsp.subarray(size.next, end) });
    at = end;
  }
  return messages;
}

/**
 * The recovery point message of an SEI NAL unit; `undefined` when there is none that can be read.
 * @throws {MalformedError} `h264/nal-type`
 * @see H.264 §D.2.8
 */
export function parseRecoveryPoint(nal: Uint8Array): RecoveryPoint | undefined {
  const message = parseSei(nal).find(({ payloadType }) => payloadType === RECOVERY_POINT);
  if (!message) return undefined;
  try {
    const reader = new BitReader(message.payload);
    return { recoveryFrames: reader.ue(), exactMatch: reader.flag(), brokenLink: reader.flag() };
  } catch (thrown) {
    if (thrown instanceof MalformedError) return undefined;
    throw thrown;
  }
}

/** A number coded as bytes of 255 and one below. */
function readCoded(rbsp: Uint8Array, from: number): { readonly value: number; readonly next: number } {
  let at = from;
  while (rbsp[at] === 0xff) at++;
  return { value: (at - from) * 255 + (rbsp[at] ?? 0), next: at + 1 };
}
