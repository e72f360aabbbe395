import { serializeLegacyRequest } from './legacy-requests.ts';
import { encodePacketRequest } from './packet-requests.ts';
import type { CameraRequest } from './requests.ts';

/**
 * How the data channels of a viewer are written: `legacy` is generation A, `packet` B and C, `packet-v2` D. The last one
 * is recognised so that it can be named; it is not spoken here.
 */
export type WireEncoding = 'legacy' | 'packet' | 'packet-v2';

/** Either end's own encodings, in the order in which they are tried. */
export type SpokenEncoding = Exclude<WireEncoding, 'packet-v2'>;

/**
 * Device side: what a viewer speaks, by the first message on its command channel.
 * @returns undefined where it can be none of them
 */
export function sniffRequest(message: string | Uint8Array): WireEncoding | undefined {
  if (typeof message === 'string') return 'legacy';
  const [first, second, third, fourth] = message;
  if (first === 0x7b) return 'legacy';
  if (first === 0x08) return 'packet';
  if (first === 0x12) {
    // A disconnect without a type; in `packet-v2` the same tag begins a request without an id.
    const bare = message.byteLength === 2 && second === 0;
    const byClient = message.byteLength === 4 && second === 2 && third === 8 && fourth === 1;
    return bare || byClient ? 'packet' : 'packet-v2';
  }
  return first !== undefined && V2_TAGS.has(first) ? 'packet-v2' : undefined;
}

/**
 * Client side: what a device speaks, by any message of its command channel.
 * @returns undefined where it can be none of them: an empty message, text
 */
export function sniffReply(message: string | Uint8Array): WireEncoding | undefined {
  if (typeof message === 'string') return undefined;
  const [first] = message;
  if (first === undefined) return undefined;
  if (first >= 1 && first <= 6) return 'legacy';
  if (first === 0x08) return 'packet';
  return first === 0x12 || first === 0x1a || V2_TAGS.has(first) ? 'packet-v2' : undefined;
}

/**
 * A request as one message of a data channel: text in `legacy`, bytes in `packet`.
 * @returns undefined where the encoding has no such request
 * @throws {RangeError} for a camera control whose key or value is no whole number of 32 bits
 */
export const encodeRequest = (
  request: CameraRequest,
  encoding: SpokenEncoding,
): string | Uint8Array | undefined =>
  encoding === 'legacy' ? serializeLegacyRequest(request) : encodePacketRequest(request);

/**
 * Whether a request may be sent in both encodings while the device's is not known: one that does something twice, or
 * that would reach programs beside the camera in the wrong form, may not.
 */
export const mayBeSentTwice = (request: CameraRequest): boolean =>
  request.kind !== 'custom' && request.kind !== 'record' && request.kind !== 'track';

/** Tags that only `packet-v2` begins with: request id, stream, raw, ipc. */
const V2_TAGS: ReadonlySet<number> = new Set([0x0a, 0x22, 0x2a, 0x32]);
