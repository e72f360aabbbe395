import type { Micros } from '@pinhole/core';
import type { Camera, Cameras, Identity } from '@pinhole/engine';
import type { MjpegStreams } from '@pinhole/outputs/mjpeg';
import type { HttpStreams } from '@pinhole/outputs/mp4';
import type { Snapshots } from '@pinhole/outputs/snapshot';
import type { WhepHandler } from '@pinhole/signaling/whep';
import type { WhipHandler } from '@pinhole/signaling/whip';
import { type Context, Hono } from 'hono';
import { identityAt, requireCamera } from '../auth/require.ts';
import type { ServerEnv } from '../http/request-context.ts';
import { snapshotResponse } from './snapshot-route.ts';

/** What serves pictures over HTTP. */
export interface MediaServices {
  readonly cameras: Cameras;
  /** The camera for addresses that name none. */
  readonly defaultCamera: string;
  readonly whep: WhepHandler;
  readonly whip: WhipHandler;
  readonly streams: HttpStreams;
  readonly mjpeg: MjpegStreams;
  readonly snapshots: Snapshots;
  /** UTC. */
  readonly now: () => Micros;
}

/** What a camera gives by HTTP. */
const FILES = ['stream.mp4', 'stream.h264', 'stream.mjpeg', 'snapshot.jpg'] as const;

/** Addresses without a camera, as programs with one camera have them. */
export const ROOT_FILES: readonly string[] = FILES.map((name) => `/${name}`);

/** `/whep/…`, `/whip/…`, `/cameras/{camera}/…`, and what the default camera gives at the root. */
export function mediaRoutes(services: MediaServices): Hono<ServerEnv> {
  const { cameras, defaultCamera } = services;
  const routes = new Hono<ServerEnv>();

  for (const [protocol, right] of [
    ['whep', 'view'],
    ['whip', 'publish'],
  ] as const) {
    const handler = services[protocol];
    routes.options(`/${protocol}/*`, (context) => handler.options(context.req.raw));
    routes.all(`/${protocol}/:camera`, (context) => {
      const access = context.get('access');
      const camera = requireCamera(cameras, access, context.req.param('camera') ?? '', right);
      return handler.endpoint(context.req.raw, {
        camera: camera.id,
        identity: identityAt(access, camera.id),
      });
    });
    routes.all(`/${protocol}/:camera/:session`, (context) => {
      const access = context.get('access');
      const camera = requireCamera(cameras, access, context.req.param('camera') ?? '', right);
      return handler.session(context.req.raw, {
        camera: camera.id,
        session: context.req.param('session') ?? '',
        identity: access.identity,
        admin: access.admin,
      });
    });
  }
  for (const name of FILES) {
    const answer = async (context: Context<ServerEnv>, id: string): Promise<Response> => {
      const access = context.get('access');
      const camera = requireCamera(cameras, access, id, 'view');
      const identity = identityAt(access, camera.id);
      const response = await respond(name, context.req.raw, { camera, identity, services });
      // Whoever wrote an address with its token in it may show it anywhere; what needs none stays on our own pages.
      if (context.req.query('token') !== undefined) {
        response.headers.set('Cross-Origin-Resource-Policy', 'cross-origin');
      }
      return response;
    };
    routes.get(`/cameras/:camera/${name}`, (context) => answer(context, context.req.param('camera') ?? ''));
    routes.get(`/${name}`, (context) => answer(context, defaultCamera));
  }
  return routes;
}

function respond(
  name: (typeof FILES)[number],
  request: Request,
  asked: { readonly camera: Camera; readonly identity: Identity; readonly services: MediaServices },
): Response | Promise<Response> {
  const { camera, identity, services } = asked;
  const { streams, mjpeg, snapshots, now } = services;
  switch (name) {
    case 'stream.mp4':
      return streams.respond(request, { camera: camera.id, identity, format: 'mp4' });
    case 'stream.h264':
      return streams.respond(request, { camera: camera.id, identity, format: 'h264' });
    case 'stream.mjpeg':
      return mjpeg.respond(request, { camera: camera.id, identity });
    case 'snapshot.jpg':
      return snapshotResponse(camera, new URL(request.url).searchParams, { snapshots, now });
  }
}
