import { type Logger, messageOf } from '@pinhole/core';
import type { Camera, Cameras, Identity, ViewerSessions } from '@pinhole/engine';
import { type IceServer, SDP_TYPE } from '@pinhole/protocol/whep';
import { type AllowOrigin, optionsResponse, withCors } from './cors.ts';
import { Negotiations } from './negotiations.ts';
import { openSession } from './open-session.ts';
import { problemOf } from './problem-of.ts';
import { closeSession, patchSession, requireSession } from './session-requests.ts';
import { WhepProblem } from './whep-problem.ts';

/** What the handler is made with. */
export interface WhepHandlerOptions {
  readonly sessions: ViewerSessions;
  readonly cameras: Cameras;
  /** Told to clients in `Link` headers; asked at each offer, as TURN credentials may be short-lived. */
  readonly iceServers: () => readonly IceServer[];
  /** Whose pages may use it besides our own. */
  readonly allowOrigin: AllowOrigin;
  /** Serves known clients that leave `If-Match` out; default true. */
  readonly lenient?: boolean;
  /** Where the endpoints are mounted; default `/whep`. */
  readonly basePath?: string;
  readonly log: Logger;
}

/** Who asks the endpoint of a camera; may view it. */
export interface WhepEndpointContext {
  readonly camera: string;
  readonly identity: Identity;
}

/** Who asks a session. */
export interface WhepSessionContext extends WhepEndpointContext {
  readonly session: string;
  /** Whether the token may end other people's sessions. */
  readonly admin: boolean;
}

/** WHEP as fetch-style functions. Authentication comes before them; none of them throws. */
export interface WhepHandler {
  /** `/whep/{camera}`: POST, GET, HEAD, OPTIONS. */
  endpoint(request: Request, context: WhepEndpointContext): Promise<Response>;
  /** `/whep/{camera}/{session}`: PATCH, DELETE, GET, HEAD, OPTIONS. */
  session(request: Request, context: WhepSessionContext): Promise<Response>;
  /** OPTIONS of either, which needs neither token nor camera. */
  options(request: Request): Response;
}

/**
 * Serves WHEP viewers.
 * @see draft-ietf-wish-whep, RFC 9725
 */
export function createWhepHandler(options: WhepHandlerOptions): WhepHandler {
  const { sessions, cameras, allowOrigin, log } = options;
  const { lenient = true, basePath = '/whep' } = options;
  const negotiations = new Negotiations((id) => sessions.find(id) !== undefined);

  const answer = async (request: Request, id: string, serve: (camera: Camera) => Promise<Response>) => {
    if (request.method === 'OPTIONS') return optionsResponse();
    const camera = cameras.get(id);
    if (!camera) return unknownCamera(id).toResponse();
    return await serve(camera).catch((thrown: unknown) => refusal(thrown, camera, log));
  };
  const answered: typeof answer = async (request, id, serve) =>
    withCors(await answer(request, id, serve), request, allowOrigin);

  return {
    options: (request) => withCors(optionsResponse(), request, allowOrigin),

    endpoint: (request, { camera: id, identity }) =>
      answered(request, id, async (camera) => {
        switch (request.method) {
          case 'POST':
            return await openSession(request, { ...options, camera, identity, negotiations, basePath });
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

function refusal(thrown: unknown, camera: Camera, log: Logger): Response {
  const problem = problemOf(thrown, camera);
  if (problem) {
    log.debug({ camera: camera.id, code: problem.code }, 'WHEP request refused');
    return problem.toResponse();
  }
  log.error({ camera: camera.id, error: messageOf(thrown) }, 'WHEP request failed');
  return new WhepProblem({
    status: 500,
    code: 'whep/failed',
    title: 'The server failed',
    detail: 'the fault is not in the request; the log of the server tells more',
  }).toResponse();
}

const unknownCamera = (id: string): WhepProblem =>
  new WhepProblem({
    status: 404,
    code: 'camera/unknown',
    title: 'No such camera',
    detail: `there is no camera "${id.slice(0, 80)}"`,
  });

const methodNotAllowed = (request: Request, allowed: string): WhepProblem =>
  new WhepProblem(
    {
      status: 405,
      code: 'whep/method',
      title: 'Method not allowed',
      detail: `${request.method} is not served here; ${allowed} are`,
    },
    { headers: { Allow: allowed } },
  );
