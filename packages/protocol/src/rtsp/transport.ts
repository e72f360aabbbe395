import { MalformedError } from '@pinhole/core';

/** Two ports or channels that belong together: RTP, then RTCP. */
export type RtpRtcpPair = readonly [rtp: number, rtcp: number];

/** How RTP travels, as one Transport header says. */
export interface RtspTransport {
  /** `AVP`, `AVPF`, `SAVP`, …; upper case. */
  readonly profile: string;
  readonly lower: 'TCP' | 'UDP';
  readonly multicast: boolean;
  /** Channels on the connection. */
  readonly interleaved?: RtpRtcpPair;
  readonly clientPorts?: RtpRtcpPair;
  readonly serverPorts?: RtpRtcpPair;
  /** Where the server sends from, when it says so; a name or an address. */
  readonly source?: string;
  /** Of the server's RTP. Some cameras announce another one than they use. */
  readonly ssrc?: number;
}

/**
 * Parses what a server chose, the first of several. Parameters that cannot be read count as not there.
 * @throws {MalformedError} `rtsp/transport` when it is no RTP at all
 * @see RFC 2326 §12.39
 */
export function parseTransport(header: string): RtspTransport {
  const [first = ''] = header.split(',');
  const [specification = '', ...parts] = first.split(';').map((part) => part.trim());
  const [, profile, lower = 'UDP'] = /^RTP\/([A-Z]+)(?:\/(TCP|UDP))?$/i.exec(specification) ?? [];
  if (profile === undefined) {
    throw new MalformedError(
      'rtsp/transport',
      `Transport ${JSON.stringify(header.slice(0, 80))}, need RTP/AVP or RTP/AVP/TCP`,
    );
  }
  const parameters = new Map(parts.map(parameter));
  const interleaved = pair(parameters.get('interleaved'), 255);
  const clientPorts = pair(parameters.get('client_port'), 0xffff);
  const serverPorts = pair(parameters.get('server_port'), 0xffff);
  const source = parameters.get('source');
  const ssrc = parameters.get('ssrc') ?? '';
  return {
    profile: profile.toUpperCase(),
    lower: lower.toUpperCase() === 'TCP' ? 'TCP' : 'UDP',
    multicast: parameters.has('multicast'),
    ...(interleaved && { interleaved }),
    ...(clientPorts && { clientPorts }),
    ...(serverPorts && { serverPorts }),
    ...(source && { source }),
    ...(/^[0-9a-f]{1,8}$/i.test(ssrc) && { ssrc: Number.parseInt(ssrc, 16) }),
  };
}

/** The Transport header of a client that wants RTP for itself alone. */
export const serializeTransport = (
  wanted: { readonly interleaved: RtpRtcpPair } | { readonly clientPorts: RtpRtcpPair },
): string =>
  'interleaved' in wanted
    ? `RTP/AVP/TCP;unicast;interleaved=${wanted.interleaved.join('-')}`
    : `RTP/AVP;unicast;client_port=${wanted.clientPorts.join('-')}`;

function parameter(text: string): readonly [name: string, value: string] {
  const equals = text.indexOf('=');
  if (equals === -1) return [text.toLowerCase(), ''];
  const value = text.slice(equals + 1).trim();
  return [text.slice(0, equals).trim().toLowerCase(), value.replace(/^"(.*)"$/, '$1')];
}

/** `4-5`, or `4` alone, which means the one after it too. */
function pair(text: string | undefined, max: number): RtpRtcpPair | undefined {
  const [, rtp, rtcp] = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(text ?? '') ?? [];
  const first = Number(rtp);
  const second = rtcp === undefined ? first + 1 : Number(rtcp);
  return first <= max && second <= max ? [first, second] : undefined;
}
