import type { RtspHeaders } from './headers.ts';

/** What a client asks of a server; some servers ask their clients too. */
export interface RtspRequest {
  readonly kind: 'request';
  /** E.g. `DESCRIBE`. */
  readonly method: string;
  /** Absolute, without credentials; or `*`. */
  readonly url: string;
  readonly headers: RtspHeaders;
  readonly body: Uint8Array;
}

/** An answer. */
export interface RtspResponse {
  readonly kind: 'response';
  /** 100…599. */
  readonly status: number;
  /** For people; '' where the server gave none. */
  readonly reason: string;
  readonly headers: RtspHeaders;
  readonly body: Uint8Array;
}

/** A message on an RTSP connection. */
export type RtspMessage = RtspRequest | RtspResponse;

/** A binary frame between the messages: RTP or RTCP (RFC 2326 §10.12). */
export interface InterleavedFrame {
  readonly kind: 'interleaved';
  /** 0…255, as agreed in the Transport header. */
  readonly channel: number;
  /** A view of what was pushed where it came in one piece. */
  readonly payload: Uint8Array;
}

/** Methods that either side may use (RFC 2326 §10, RFC 7826 §13). */
export const RTSP_METHODS = [
  'OPTIONS',
  'DESCRIBE',
  'ANNOUNCE',
  'SETUP',
  'PLAY',
  'PAUSE',
  'TEARDOWN',
  'GET_PARAMETER',
  'SET_PARAMETER',
  'REDIRECT',
  'RECORD',
  'PLAY_NOTIFY',
] as const;

/** Status codes that a client acts on (RFC 2326 §7.1.1, RFC 7826 §17). */
export const RTSP_STATUS = {
  ok: 200,
  unauthorized: 401,
  forbidden: 403,
  notFound: 404,
  methodNotAllowed: 405,
  gone: 410,
  notEnoughBandwidth: 453,
  sessionNotFound: 454,
  invalidRange: 457,
  unsupportedTransport: 461,
  notImplemented: 501,
  serviceUnavailable: 503,
  optionNotSupported: 551,
} as const;
