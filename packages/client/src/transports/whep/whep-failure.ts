import { millis } from '@pinhole/core';
import { type Problem, parseProblem } from '@pinhole/protocol/whep';
import type { Failure, Remedy } from '../failure.ts';

/** Codes of the server that say: not by WebRTC, whatever one tries. */
const NOT_BY_WEBRTC = new Set(['webrtc/no-h264', 'webrtc/b-frames']);

const BY_STATUS: Readonly<Record<number, { code: string; remedy: Remedy; reason: string }>> = {
  400: {
    code: 'whep/offer-rejected',
    remedy: 'other-transport',
    reason: 'The server did not understand the offer.',
  },
  401: {
    code: 'whep/unauthorized',
    remedy: 'refused',
    reason: 'The server wants a token, or this one has ended.',
  },
  403: {
    code: 'whep/forbidden',
    remedy: 'refused',
    reason: 'This token does not allow to watch this camera.',
  },
  404: { code: 'whep/unknown-camera', remedy: 'refused', reason: 'The server knows no such camera.' },
  405: { code: 'whep/not-here', remedy: 'other-transport', reason: 'There is no WHEP at this address.' },
  406: {
    code: 'whep/counter-offer',
    remedy: 'other-transport',
    reason: 'The server wants to make the offer itself.',
  },
  409: { code: 'whep/not-live', remedy: 'retry', reason: 'The camera is not live yet.' },
  415: { code: 'whep/offer-rejected', remedy: 'other-transport', reason: 'The server takes no SDP here.' },
  422: {
    code: 'whep/offer-rejected',
    remedy: 'other-transport',
    reason: 'The server cannot serve this offer.',
  },
  429: { code: 'whep/busy', remedy: 'retry', reason: 'The server gets too many requests from this address.' },
  503: { code: 'whep/busy', remedy: 'retry', reason: 'The server has no room for another viewer now.' },
};

/** What a WHEP answer other than 201 means; `body` is its text, read as problem+json (RFC 9457) when it is that. */
export function whepFailure(status: number, headers: Headers, body: string): Failure {
  const problem = problemOf(body, status);
  const known = BY_STATUS[status] ?? {
    code: 'whep/failed',
    remedy: status >= 500 ? 'retry' : 'other-transport',
    reason: `The server answered ${status}.`,
  };
  // A server that gives no code of its own gets one from its status, which ours says better.
  const code = problem === undefined || problem.code.startsWith('http/') ? known.code : problem.code;
  const retryAfterSeconds = Number(headers.get('retry-after') ?? Number.NaN);
  return {
    code,
    reason: problem === undefined || problem.detail.startsWith('HTTP ') ? known.reason : problem.detail,
    remedy: NOT_BY_WEBRTC.has(code) ? 'other-transport' : known.remedy,
    ...(Number.isFinite(retryAfterSeconds) ? { retryAfterMs: millis(retryAfterSeconds * 1000) } : {}),
  };
}

const problemOf = (body: string, status: number): Problem | undefined => {
  try {
    return parseProblem(body, status);
  } catch {
    return undefined; // a proxy's page, or nothing: the status says enough
  }
};
