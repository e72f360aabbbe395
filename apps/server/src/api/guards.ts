import type { Cameras, Right } from '@pinhole/engine';
import type { MiddlewareHandler } from 'hono';
import { requireAdmin, requireCamera } from '../auth/require.ts';
import type { ServerEnv } from '../http/request-context.ts';

/** Lets admins through. Runs before the body is looked at, so that strangers learn nothing of what it should be. */
export const adminOnly: MiddlewareHandler<ServerEnv> = async (context, next) => {
  requireAdmin(context.get('access'));
  await next();
};

/** Lets those through who have `right` over the camera in the path. */
export const withRight =
  (cameras: Cameras, right: Right): MiddlewareHandler<ServerEnv> =>
  async (context, next) => {
    requireCamera(cameras, context.get('access'), context.req.param('camera') ?? '', right);
    await next();
  };
