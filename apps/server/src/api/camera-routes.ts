import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi';
import { requireCamera, requireSomebody, rightsOver } from '../auth/require.ts';
import type { ServerEnv } from '../http/request-context.ts';
import { cameraView } from './camera-view.ts';
import { newRouter } from './new-router.ts';
import { json, PROBLEMS, PROBLEMS_OF_ONE } from './responses.ts';
import { cameraSchema } from './schemas.ts';
import type { ApiServices } from './services.ts';

const cameraParam = z.object({ camera: z.string().max(64) });

const list = createRoute({
  method: 'get',
  path: '/cameras',
  summary: 'The cameras that the token covers',
  responses: { 200: json('The cameras', z.object({ cameras: z.array(cameraSchema) })), ...PROBLEMS },
});

const get = createRoute({
  method: 'get',
  path: '/cameras/{camera}',
  summary: 'One camera',
  request: { params: cameraParam },
  responses: { 200: json('The camera', cameraSchema), ...PROBLEMS_OF_ONE },
});

/** `/cameras` and below. */
export function cameraRoutes(services: ApiServices): OpenAPIHono<ServerEnv> {
  const { cameras, viewers, recordings, now } = services;
  const routes = newRouter();
  routes.openapi(list, (context) => {
    const access = context.get('access');
    requireSomebody(access);
    const covered = cameras.list().filter(({ id }) => rightsOver(access, id).length > 0);
    return context.json(
      { cameras: covered.map((camera) => cameraView(camera, access, { viewers, recordings, now: now() })) },
      200,
    );
  });
  routes.openapi(get, (context) => {
    const access = context.get('access');
    const camera = requireCamera(cameras, access, context.req.valid('param').camera, 'view');
    return context.json(cameraView(camera, access, { viewers, recordings, now: now() }), 200);
  });
  return routes;
}
