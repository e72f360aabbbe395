import { millis } from '@pinhole/core';
import { type Problem, parseProblem } from '@pinhole/protocol/whep';
import type { Failure, Remedy } from './failure.ts';

/** Codes of the server that say: not by WebRTC, whatever one tries. */
const NOT_BY_WEBRTC = new Set(['webrtc/no-h264', 'webrtc/b-frames']);

type Known = readonly [what: string, remedy: Remedy, reason: string];

const BY_STATUS: Readonly<Record<number, Known>> = {
  400: ['rejected', 'other-transport', 'The server did not understand the offer.'],
  401: ['unauthorized', 'refused', 'The server wants a token, or this one has ended.'],
  403: ['forbidden', 'refused', 'This token does not allow to watch this camera.'],
  404: ['unknown-camera', 'refused', 'The server knows no such camera.'],
  405: ['not-here', 'other-transport', 'The server does not speak this protocol at this address.'],
  406: ['counter-offer', 'other-transport', 'The server wants to make the offer itself.'],
  409: ['not-live', 'retry', 'The camera is not live yet.'],
  415: ['rejected', 'other-transport', 'The server takes no SDP here.'],
  422: ['rejected', 'other-transport', 'The server cannot serve this offer.'],
  429: ['busy', 'retry', 'The server gets too many requests from this address.'],
  503: ['busy', 'retry', 'The server has no room for another viewer now.'],
};

/** An answer that is not what was asked for. */
export interface FailedResponse {
  readonly status: number;
  readonly headers: Headers;
  /** Its text; read as problem+json (RFC 9457) when it is that. */
  readonly body: string;
}

/** What an HTTP answer other than success means. `area` begins the code when the server gives none. */
export function httpFailure(area: 'whep' | 'live', { status, headers, body }: FailedResponse): Failure {
  const problem = problemOf(body, status);
  const [what, remedy, reason] = BY_STATUS[status] ?? [
    'failed',
    status >= 500 ? 'retry' : 'other-transport',
    `The server answered ${status}.`,
  ];
  // A server that gives no code of its own gets one from its status, which ours says better.
  const code = problem === undefined || problem.code.startsWith('http/') ? `${area}/${what}` : problem.code;
  const retryAfterSeconds = Number(headers.get('retry-after') ?? Number.NaN);
  return {
    code,
    reason: problem === undefined || problem.detail.startsWith('HTTP ') ? reason : problem.detail,
    remedy: NOT_BY_WEBRTC.has(code) ? 'other-transport' : remedy,
    ...(retryAfterSeconds >= 0 ? { retryAfterMs: millis(retryAfterSeconds * 1000) } : {}),
  };
}

const problemOf = (body: string, status: number): Problem | undefined => {
  try {
    return parseProblem(body, status);
  } catch {
    return undefined; // a proxy's page, or nothing: the status says enough
  }
};
