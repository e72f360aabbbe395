import { MalformedError, PinholeError } from '@pinhole/core';
import { RequestProblem } from '../sdp-http/request-problem.ts';

/** When a place may have become free: a publisher that is gone has lost its own by then. */
const RETRY_SECONDS = 5;

/** What WHIP calls the refusals that it has in common with WHEP. */
const OWN_CODES: Readonly<Record<string, string>> = {
  'whep/media-type': 'whip/media-type',
  'whep/encoding': 'whip/encoding',
  'whep/cut-short': 'whip/cut-short',
  'whep/too-large': 'whip/too-large',
  'whep/method': 'whip/method',
  'whep/offer': 'whip/offer',
  'whep/fragment': 'whip/fragment',
  'whep/if-match': 'whip/if-match',
  'whep/precondition-required': 'whip/precondition-required',
  'whep/precondition-failed': 'whip/precondition-failed',
  'whep/restart-unsupported': 'whip/restart-unsupported',
  'whep/not-yours': 'whip/not-yours',
  'whep/failed': 'whip/failed',
};

/** The same refusal in the words of WHIP. */
export const inWordsOfWhip = (problem: RequestProblem): RequestProblem => {
  const code = OWN_CODES[problem.code];
  return code === undefined ? problem : problem.withCode(code);
};

/**
 * The refusal that answers a request of a publisher which was not served.
 * @returns undefined for what is our own fault
 */
export function publisherProblemOf(thrown: unknown): RequestProblem | undefined {
  if (thrown instanceof RequestProblem) return thrown;
  if (!(thrown instanceof PinholeError)) return undefined;
  const { code, message: detail } = thrown;
  const retry = { headers: { 'Retry-After': String(RETRY_SECONDS) } };
  switch (code) {
    case 'publish/occupied':
      return new RequestProblem({ status: 409, code, title: 'Somebody else publishes', detail }, retry);
    case 'publish/unsupported':
      return new RequestProblem({ status: 409, code, title: 'Nobody can publish to this camera', detail });
    case 'session/ended':
      return new RequestProblem(
        { status: 409, code, title: 'The session ended before it began', detail },
        retry,
      );
    case 'webrtc/bind':
    case 'webrtc/no-address':
      return new RequestProblem({ status: 503, code, title: 'WebRTC cannot be served now', detail }, retry);
    case 'webrtc/malformed-offer':
      return new RequestProblem({ status: 400, code, title: 'Malformed offer', detail });
    default:
      if (thrown instanceof MalformedError) {
        return new RequestProblem({ status: 400, code, title: 'Malformed request', detail });
      }
      if (!code.startsWith('webrtc/')) return undefined;
      return new RequestProblem({ status: 422, code, title: 'The offer cannot be answered', detail });
  }
}
