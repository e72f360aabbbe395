import { MalformedError } from '@pinhole/core';

/** One line: `type=value`. */
export interface SdpLine {
  /** A single letter. */
  readonly type: string;
  readonly value: string;
}

/** An m-section: the media line, taken apart, and the lines below it. */
export interface SdpMedia {
  /** `video`, `audio`, `application`, … */
  readonly kind: string;
  /** 0 says: rejected. */
  readonly port: number;
  /** E.g. `UDP/TLS/RTP/SAVPF`. */
  readonly protocol: string;
  /** Payload types, or `webrtc-datachannel`. */
  readonly formats: readonly string[];
  readonly lines: readonly SdpLine[];
}

/** A session description, line by line; attributes are read by the functions of this folder. */
export interface SessionDescription {
  /** The lines before the first m-section. */
  readonly lines: readonly SdpLine[];
  readonly media: readonly SdpMedia[];
}

/** What both a session and an m-section have. */
export type SdpSection = Pick<SdpMedia, 'lines'>;

/** What a description may hold at most; far above what any browser makes. */
export const SDP_LIMITS = { characters: 128 * 1024, lines: 4000, media: 64 } as const;

/**
 * Parses a session description. Tolerates what peers really send: line ends of LF alone, empty lines at the end.
 *
 * @throws {MalformedError} `sdp/too-large`, `sdp/version` (does not begin with `v=0`), `sdp/line`, `sdp/media`; for any
 *   input whatsoever, this is the only throw.
 * @see RFC 8866 §5
 */
export function parseSdp(text: string): SessionDescription {
  if (text.length > SDP_LIMITS.characters) {
    throw new MalformedError('sdp/too-large', `${text.length} characters, at most ${SDP_LIMITS.characters}`);
  }
  const rows = text.trimEnd().split(/\r?\n/);
  if (rows.length > SDP_LIMITS.lines) {
    throw new MalformedError('sdp/too-large', `${rows.length} lines, at most ${SDP_LIMITS.lines}`);
  }
  if (rows[0]?.trimEnd() !== 'v=0') {
    throw new MalformedError('sdp/version', `begins with ${quote(rows[0] ?? '')}, need v=0`);
  }
  const session: SdpLine[] = [];
  const media: (SdpMedia & { readonly lines: SdpLine[] })[] = [];
  for (const [index, row] of rows.entries()) {
    const line = parseLine(row, index + 1);
    if (line.type === 'm') media.push({ ...parseMediaLine(line.value, index + 1), lines: [] });
    else (media.at(-1)?.lines ?? session).push(line);
  }
  if (media.length > SDP_LIMITS.media) {
    throw new MalformedError('sdp/too-large', `${media.length} m-sections, at most ${SDP_LIMITS.media}`);
  }
  return { lines: session, media };
}

/** The text of a description, lines ended by CRLF. */
export function serializeSdp({ lines, media }: SessionDescription): string {
  const rows = lines.map(row);
  for (const section of media) {
    const { kind, port, protocol, formats } = section;
    rows.push(`m=${kind} ${port} ${protocol} ${formats.join(' ')}`, ...section.lines.map(row));
  }
  return `${rows.join('\r\n')}\r\n`;
}

/** An attribute line: `a=name:value`, or `a=name`. */
export const attributeLine = (name: string, value?: string): SdpLine => ({
  type: 'a',
  value: value === undefined ? name : `${name}:${value}`,
});

/** The values of every `a=name:value`, in order; a flag (`a=name`) has the value ''. */
export function attributes({ lines }: SdpSection, name: string): string[] {
  const prefix = `${name}:`;
  const values: string[] = [];
  for (const { type, value } of lines) {
    if (type !== 'a') continue;
    if (value === name) values.push('');
    else if (value.startsWith(prefix)) values.push(value.slice(prefix.length).trim());
  }
  return values;
}

/** The value of the first `a=name:value`. */
export const attribute = (section: SdpSection, name: string): string | undefined =>
  attributes(section, name)[0];

const row = ({ type, value }: SdpLine): string => `${type}=${value}`;

const quote = (text: string): string => JSON.stringify(text.length > 40 ? `${text.slice(0, 40)}…` : text);

function parseLine(text: string, number: number): SdpLine {
  const match = /^([a-zA-Z])=(.*)$/.exec(text.trimEnd());
  const [, type, value] = match ?? [];
  if (type === undefined || value === undefined) {
    throw new MalformedError('sdp/line', `line ${number} is ${quote(text)}, need <letter>=<value>`);
  }
  return { type, value };
}

function parseMediaLine(text: string, number: number): Omit<SdpMedia, 'lines'> {
  const [kind, port, protocol, ...formats] = text.split(' ').filter((word) => word !== '');
  const match = /^(\d{1,5})(?:\/\d+)?$/.exec(port ?? '');
  const portNumber = Number(match?.[1] ?? Number.NaN);
  if (kind === undefined || protocol === undefined || formats.length === 0 || !(portNumber <= 0xffff)) {
    throw new MalformedError(
      'sdp/media',
      `line ${number} is ${quote(`m=${text}`)}, need m=<kind> <port> <protocol> <format …>`,
    );
  }
  return { kind, port: portNumber, protocol, formats };
}
