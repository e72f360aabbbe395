import { type Credentials, credentialsOf } from '../../credentials.ts';

/** An RTSP address taken apart. */
export interface RtspTarget {
  /** Without credentials: what the camera is asked for. */
  readonly url: string;
  readonly secure: boolean;
  readonly host: string;
  readonly port: number;
  readonly credentials?: Credentials;
}

const RTSP_PORT = 554;
const RTSPS_PORT = 322;

/**
 * Takes an RTSP address apart. The path and query stay as they were written, but for characters beyond ASCII.
 * @returns undefined when it is none.
 */
export function parseRtspTarget(text: string): RtspTarget | undefined {
  const match = /^(rtsps?):\/\/(?:([^/?#]*)@)?([^@/?#]*)([^#]*)/i.exec(text);
  const [, scheme = '', userInfo, authority = '', path = ''] = match ?? [];
  const [, host, port] = /^(\[[0-9a-f:.]+(?:%[^\]]+)?\]|[^:[\]]+)(?::(\d{1,5}))?$/i.exec(authority) ?? [];
  if (host === undefined || Number(port ?? 1) > 0xffff) return undefined;
  const secure = scheme.toLowerCase() === 'rtsps';
  return {
    url: escaped(`${scheme.toLowerCase()}://${authority}${path}`),
    secure,
    // The `%` of a zone is itself written as %25 (RFC 6874).
    host: host.replace(/^\[|\]$/g, '').replace('%25', '%'),
    port: Number(port ?? (secure ? RTSPS_PORT : RTSP_PORT)),
    ...(userInfo && { credentials: credentialsOf(userInfo) }),
  };
}

const escaped = (url: string): string =>
  url.replace(/[^\x21-\x7e]+/g, (text) => encodeURIComponent(text.replace(/\p{Surrogate}/gu, '\ufffd')));
