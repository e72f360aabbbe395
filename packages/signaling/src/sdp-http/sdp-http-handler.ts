import { type Logger, messageOf } from '@pinhole/core';
import type { AnsweredOffer, Camera, Cameras, Identity } from '@pinhole/engine';
import { type IceServer, type OfferedMedia, SDP_TYPE } from '@pinhole/protocol/whep';
import { type AllowOrigin, optionsResponse, withCors } from './cors.ts';
import { Negotiations } from './negotiations.ts';
import { openSession } from './open-session.ts';
import { RequestProblem } from './request-problem.ts';
import { closeSession, patchSession, requireSession, type SessionHost } from './session-requests.ts';

/** What WHIP and WHEP handlers are made with alike. */
export interface SdpHttpOptions {
  readonly cameras: Cameras;
  /** Told to clients in `Link` headers; asked at each offer, as TURN credentials may be short-lived. */
  readonly iceServers: () => readonly IceServer[];
  /** Whose pages may use it besides our own. */
  readonly allowOrigin: AllowOrigin;
  /** Serves known clients that leave `If-Match` out; default true. */
  readonly lenient?: boolean;
  /** Where the endpoints are mounted; default the protocol's name. */
  readonly basePath?: string;
  readonly log: Logger;
}

/** What WHIP and WHEP differ in. */
export interface SdpHttpProtocol {
  readonly name: 'WHIP' | 'WHEP';
  readonly sessions: SessionHost;
  /** Opens a session. @throws {PinholeError} */
  offer(camera: Camera, sdp: string, who: Identity): Promise<AnsweredOffer>;
  /** Holds an offer against the media rules. @throws {RequestProblem} */
  checkOffer(media: readonly OfferedMedia[]): void;
  /** The refusal that answers a request; undefined for what is our own fault. */
  problemOf(thrown: unknown, camera: Camera): RequestProblem | undefined;
  /** The refusal in the protocol's own words, where those are not these. */
  ownWords?(problem: RequestProblem): RequestProblem;
}

/** Who asks the endpoint of a camera; may use it. */
export interface EndpointContext {
  readonly camera: string;
  readonly identity: Identity;
}

/** Who asks a session. */
export interface SessionContext extends EndpointContext {
  readonly session: string;
  /** Whether the token may end other people's sessions. */
  readonly admin: boolean;
}

/** WHIP or WHEP as fetch-style functions. Authentication comes before them; none of them throws. */
export interface SdpHttpHandler {
  /** `/{protocol}/{camera}`: POST, GET, HEAD, OPTIONS. */
  endpoint(request: Request, context: EndpointContext): Promise<Response>;
  /** `/{protocol}/{camera}/{session}`: PATCH, DELETE, GET, HEAD, OPTIONS. */
  session(request: Request, context: SessionContext): Promise<Response>;
  /** OPTIONS of either, which needs neither token nor camera. */
  options(request: Request): Response;
}

/**
 * Serves a protocol that carries offer and answer by HTTP.
 * @see RFC 9725, draft-ietf-wish-whep
 */
export function createSdpHttpHandler(options: SdpHttpOptions, protocol: SdpHttpProtocol): SdpHttpHandler {
  const { cameras, allowOrigin, log } = options;
  const { lenient = true, basePath = `/${protocol.name.toLowerCase()}` } = options;
  const { sessions } = protocol;
  const negotiations = new Negotiations((id) => sessions.find(id) !== undefined);

  const answer = async (request: Request, id: string, serve: (camera: Camera) => Promise<Response>) => {
    if (request.method === 'OPTIONS') return optionsResponse();
    const camera = cameras.get(id);
    if (!camera) return unknownCamera(id).toResponse();
    return await serve(camera).catch((thrown: unknown) => refusal(thrown, { camera, log, protocol }));
  };
  const answered: typeof answer = async (request, id, serve) =>
    withCors(await answer(request, id, serve), request, allowOrigin);

  return {
    options: (request) => withCors(optionsResponse(), request, allowOrigin),

    endpoint: (request, { camera: id, identity }) =>
      answered(request, id, async (camera) => {
        switch (request.method) {
          case 'POST':
            return await openSession(request, {
              protocol,
              iceServers: options.iceServers,
              camera,
              identity,
              negotiations,
              basePath,
            });
          case 'GET':
            return new Response(null, { status: 204 });
          case 'HEAD':
            return new Response(null, { status: 200, headers: { 'Content-Type': SDP_TYPE } });
          default:
            throw methodNotAllowed(request, 'POST, GET, HEAD, OPTIONS');
        }
      }),

    session: (request, context) =>
      answered(request, context.camera, async (camera) => {
        const { session: id, identity, admin } = context;
        const target = { sessions, negotiations, camera, id, identity, admin };
        switch (request.method) {
          case 'PATCH':
            return await patchSession(request, { ...target, lenient, log });
          case 'DELETE':
            return closeSession(target);
          case 'GET':
          case 'HEAD':
            requireSession(target);
            return new Response(null, { status: 204 });
          default:
            throw methodNotAllowed(request, 'PATCH, DELETE, GET, HEAD, OPTIONS');
        }
      }),
  };
}

function refusal(
  thrown: unknown,
  {
    camera,
    log,
    protocol,
  }: { readonly camera: Camera; readonly log: Logger; readonly protocol: SdpHttpProtocol },
): Response {
  const own = (problem: RequestProblem): RequestProblem => protocol.ownWords?.(problem) ?? problem;
  const problem = protocol.problemOf(thrown, camera);
  if (problem) {
    log.debug({ camera: camera.id, code: own(problem).code }, `${protocol.name} request refused`);
    return own(problem).toResponse();
  }
  log.error({ camera: camera.id, error: messageOf(thrown) }, `${protocol.name} request failed`);
  return own(
    new RequestProblem({
      status: 500,
      code: 'whep/failed',
      title: 'The server failed',
      detail: 'the fault is not in the request; the log of the server tells more',
    }),
  ).toResponse();
}

const unknownCamera = (id: string): RequestProblem =>
  new RequestProblem({
    status: 404,
    code: 'camera/unknown',
    title: 'No such camera',
    detail: `there is no camera "${id.slice(0, 80)}"`,
  });

const methodNotAllowed = (request: Request, allowed: string): RequestProblem =>
  new RequestProblem(
    {
      status: 405,
      code: 'whep/method',
      title: 'Method not allowed',
      detail: `${request.method} is not served here; ${allowed} are`,
    },
    { headers: { Allow: allowed } },
  );
