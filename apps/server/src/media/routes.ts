import type { Micros } from '@pinhole/core';
import type { Cameras } from '@pinhole/engine';
import type { HttpStreams } from '@pinhole/outputs/mp4';
import type { Snapshots } from '@pinhole/outputs/snapshot';
import type { WhepHandler } from '@pinhole/signaling/whep';
import { Hono } from 'hono';
import { requireCamera } from '../auth/require.ts';
import type { ServerEnv } from '../http/request-context.ts';
import { snapshotResponse } from './snapshot-route.ts';

/** What serves pictures over HTTP. */
export interface MediaServices {
  readonly cameras: Cameras;
  readonly whep: WhepHandler;
  readonly streams: HttpStreams;
  readonly snapshots: Snapshots;
  /** UTC. */
  readonly now: () => Micros;
}

/** `/whep/…` and `/cameras/{camera}/…`. */
export function mediaRoutes(services: MediaServices): Hono<ServerEnv> {
  const { cameras, whep, streams, snapshots, now } = services;
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
  routes.get('/cameras/:camera/snapshot.jpg', (context) => {
    const camera = requireCamera(cameras, context.get('access'), context.req.param('camera'), 'view');
    return snapshotResponse(camera, new URL(context.req.url).searchParams, { snapshots, now });
  });
  for (const format of ['mp4', 'h264'] as const) {
    routes.get(`/cameras/:camera/stream.${format}`, (context) => {
      const access = context.get('access');
      const camera = requireCamera(cameras, access, context.req.param('camera') ?? '', 'view');
      return streams.respond(context.req.raw, { camera: camera.id, identity: access.identity, format });
    });
  }
  return routes;
}
