import { MalformedError, PinholeError } from '@pinhole/core';
import type { Camera } from '@pinhole/engine';
import { RequestProblem } from '../sdp-http/request-problem.ts';

/** When a camera that is just coming up is worth another try. */
const RETRY_SECONDS = 2;

/** When a place may have become free. */
const LIMIT_RETRY_SECONDS = 10;

/**
 * The refusal that answers an offer which the engine did not take.
 * @returns undefined for what is our own fault
 */
export function problemOf(thrown: unknown, camera: Camera): RequestProblem | undefined {
  if (thrown instanceof RequestProblem) return thrown;
  if (!(thrown instanceof PinholeError)) return undefined;
  const { code, message: detail } = thrown;
  switch (code) {
    case 'camera/not-live':
      return new RequestProblem(
        { status: 409, code, title: 'The camera is not live', detail },
        { headers: { 'Retry-After': String(retrySeconds(camera)) } },
      );
    case 'session/limit':
      return new RequestProblem(
        { status: 503, code, title: 'Too many viewers', detail },
        { headers: { 'Retry-After': String(LIMIT_RETRY_SECONDS) } },
      );
    case 'session/ended':
      return new RequestProblem(
        { status: 409, code, title: 'The session ended before it began', detail },
        { headers: { 'Retry-After': String(RETRY_SECONDS) } },
      );
    case 'webrtc/no-h264':
    case 'webrtc/b-frames':
      return new RequestProblem({
        status: 422,
        code,
        title: 'WebRTC cannot play this camera here',
        detail,
        alternative: `/live/${encodeURIComponent(camera.id)}`,
      });
    case 'webrtc/bind':
    case 'webrtc/no-address':
      return new RequestProblem(
        {
          status: 503,
          code,
          title: 'WebRTC cannot be served now',
          detail,
          alternative: `/live/${encodeURIComponent(camera.id)}`,
        },
        { headers: { 'Retry-After': String(LIMIT_RETRY_SECONDS) } },
      );
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

const retrySeconds = ({ state }: Camera): number =>
  state.kind === 'retrying' ? Math.max(1, Math.ceil(state.retryInMs / 1000)) : RETRY_SECONDS;
