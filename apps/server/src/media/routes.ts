import type { Cameras } from '@pinhole/engine';
import type { WhepHandler } from '@pinhole/signaling/whep';
import { Hono } from 'hono';
import { requireCamera } from '../auth/require.ts';
import type { ServerEnv } from '../http/request-context.ts';

/** What serves pictures over HTTP. */
export interface MediaServices {
  readonly cameras: Cameras;
  readonly whep: WhepHandler;
}

/** `/whep/…` and `/cameras/{camera}/…`. */
export function mediaRoutes(services: MediaServices): Hono<ServerEnv> {
  const { cameras, whep } = services;
  const routes = new Hono<ServerEnv>();

  routes.options('/whep/*', (context) => whep.options(context.req.raw));
  routes.all('/whep/:camera', (context) => {
    const access = context.get('access');
    const camera = requireCamera(cameras, access, context.req.param('camera'), 'view');
    return whep.endpoint(context.req.raw, { camera: camera.id, identity: access.identity });
  });
  routes.all('/whep/:camera/:session', (context) => {
    const access = context.get('access');
    const camera = requireCamera(cameras, access, context.req.param('camera'), 'view');
    return whep.session(context.req.raw, {
      camera: camera.id,
      session: context.req.param('session'),
      identity: access.identity,
      admin: access.admin,
    });
  });
  return routes;
}
