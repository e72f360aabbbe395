import { SDP_FRAGMENT_TYPE, SDP_TYPE } from '@pinhole/protocol/whep';

/** What may be asked of an endpoint and of a session; a client that sees PATCH here trickles its candidates. */
const ALLOWED_METHODS = 'POST, PATCH, DELETE, OPTIONS, GET, HEAD';

const EXPOSED_HEADERS = 'Location, ETag, Link, Accept-Post, Accept-Patch, WWW-Authenticate, Retry-After';

/** By name: a `*` would not cover Authorization (Fetch §3.3.4). */
const ALLOWED_HEADERS = 'Authorization, Content-Type, If-Match, If-None-Match, Link';

const PREFLIGHT_SECONDS = 86_400;

/** Whose pages may use the endpoint besides our own. */
export type AllowOrigin = (origin: string) => boolean;

/** Lets an allowed page of another origin read `response`, whatever became of its request. */
export function withCors(response: Response, request: Request, allowOrigin: AllowOrigin): Response {
  response.headers.append('Vary', 'Origin');
  const origin = request.headers.get('Origin');
  if (origin === null || !allowOrigin(origin)) return response;
  response.headers.set('Access-Control-Allow-Origin', origin);
  response.headers.set('Access-Control-Expose-Headers', EXPOSED_HEADERS);
  return response;
}

/** What a browser and a client ask before anything else. Tells nothing of the camera, so it needs no token. */
export const optionsResponse = (): Response =>
  new Response(null, {
    status: 200,
    headers: {
      Allow: ALLOWED_METHODS,
      'Accept-Post': SDP_TYPE,
      'Accept-Patch': SDP_FRAGMENT_TYPE,
      'Access-Control-Allow-Methods': ALLOWED_METHODS,
      'Access-Control-Allow-Headers': ALLOWED_HEADERS,
      'Access-Control-Max-Age': String(PREFLIGHT_SECONDS),
    },
  });
