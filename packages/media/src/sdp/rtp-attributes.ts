import { attribute, attributes, type SdpMedia, type SdpSection } from './session-description.ts';

/** What an m-section says of one payload type. */
export interface RtpFormat {
  /** 0…127. */
  readonly payloadType: number;
  /** Upper case, e.g. `H264`. */
  readonly codec: string;
  readonly clockRate: number;
  /** Parameters of `a=fmtp`, keys in lower case. */
  readonly parameters: ReadonlyMap<string, string>;
  /** Values of `a=rtcp-fb` for it and for all (`*`), e.g. `nack pli`. */
  readonly feedback: readonly string[];
}

/** One `a=extmap`. */
export interface ExtensionMapping {
  readonly id: number;
  readonly uri: string;
}

/** Who sends in an m-section. */
export type SdpDirection = 'sendrecv' | 'sendonly' | 'recvonly' | 'inactive';

const DIRECTIONS: readonly SdpDirection[] = ['sendonly', 'recvonly', 'inactive', 'sendrecv'];

/** The direction of an m-section; `sendrecv` unless said otherwise (RFC 8866 §6.7). */
export const directionOf = (media: SdpSection): SdpDirection =>
  DIRECTIONS.find((direction) => attribute(media, direction) !== undefined) ?? 'sendrecv';

/**
 * The payload types of an m-section that have an `a=rtpmap`, in the order of preference. What cannot be read is passed
 * over.
 * @see RFC 8866 §6.6 (rtpmap), §6.15 (fmtp), RFC 4585 §4.2 (rtcp-fb)
 */
export function rtpFormats(media: SdpMedia): RtpFormat[] {
  const maps = byPayloadType(attributes(media, 'rtpmap'));
  const parameters = byPayloadType(attributes(media, 'fmtp'));
  const feedback = byPayloadType(attributes(media, 'rtcp-fb'));
  const formats: RtpFormat[] = [];
  // Each is taken once: an offer of one payload type a thousand times over would cost as much as a thousand formats.
  for (const format of new Set(media.formats)) {
    const payloadType = /^\d{1,3}$/.test(format) ? Number(format) : Number.NaN;
    const [codec, clockRate] = maps.get(format)?.[0]?.split('/') ?? [];
    if (!(payloadType <= 127) || !codec) continue;
    formats.push({
      payloadType,
      codec: codec.toUpperCase(),
      clockRate: Number(clockRate ?? Number.NaN),
      parameters: parseParameters(parameters.get(format)?.[0] ?? ''),
      feedback: [...(feedback.get('*') ?? []), ...(feedback.get(format) ?? [])],
    });
  }
  return formats;
}

/**
 * The payload type by which packets of `payloadType` are sent again in a stream of their own; undefined where an m-section
 * has none for it.
 * @see RFC 4588 §8.1
 */
export const retransmissionOf = (media: SdpMedia, payloadType: number): number | undefined =>
  rtpFormats(media).find(
    ({ codec, clockRate, parameters }) =>
      codec === 'RTX' && clockRate === 90_000 && parameters.get('apt') === String(payloadType),
  )?.payloadType;

/** The header extensions of an m-section; ids outside 1…14 and 16…255 are passed over (RFC 8285 §5). */
export function extensionMappings(media: SdpSection): ExtensionMapping[] {
  const mappings: ExtensionMapping[] = [];
  for (const value of attributes(media, 'extmap')) {
    const [, id, uri] = /^(\d{1,3})(?:\/[a-z]+)? +(\S+)/.exec(value) ?? [];
    const number = Number(id);
    if (uri === undefined || number < 1 || number > 255 || number === 15) continue;
    mappings.push({ id: number, uri });
  }
  return mappings;
}

function byPayloadType(values: readonly string[]): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const value of values) {
    const space = value.indexOf(' ');
    if (space === -1) continue;
    const key = value.slice(0, space);
    const list = found.get(key) ?? [];
    list.push(value.slice(space + 1).trim());
    found.set(key, list);
  }
  return found;
}

function parseParameters(text: string): Map<string, string> {
  const found = new Map<string, string>();
  for (const part of text.split(';')) {
    const equals = part.indexOf('=');
    if (equals === -1) continue;
    found.set(part.slice(0, equals).trim().toLowerCase(), part.slice(equals + 1).trim());
  }
  return found;
}
