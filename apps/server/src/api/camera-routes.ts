import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi';
import { requireCamera, requireSomebody, rightsOver } from '../auth/require.ts';
import { HttpProblem } from '../http/problem.ts';
import type { ServerEnv } from '../http/request-context.ts';
import { cameraView } from './camera-view.ts';
import { withRight } from './guards.ts';
import { newRouter } from './new-router.ts';
import { json, PROBLEMS, PROBLEMS_OF_BODY, PROBLEMS_OF_ONE } from './responses.ts';
import { cameraSchema, controlSchema, controlValueSchema } from './schemas.ts';
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

const controls = createRoute({
  method: 'get',
  path: '/cameras/{camera}/controls',
  summary: 'What of a camera can be changed',
  request: { params: cameraParam },
  responses: {
    200: json('The controls', z.object({ controls: z.array(controlSchema) })),
    ...PROBLEMS_OF_ONE,
  },
});

const setControl = createRoute({
  method: 'put',
  path: '/cameras/{camera}/controls/{control}',
  summary: 'Changes one thing of a camera',
  request: {
    params: cameraParam.extend({ control: z.string().max(100) }),
    body: { required: true, content: { 'application/json': { schema: controlValueSchema } } },
  },
  responses: { 200: json('The value that holds now', controlValueSchema), ...PROBLEMS_OF_BODY },
});

/** `/cameras` and below. */
export function cameraRoutes(services: ApiServices): OpenAPIHono<ServerEnv> {
  const { cameras, viewers, now } = services;
  const routes = newRouter();
  routes.use('/cameras/:camera/controls/:control', withRight(cameras, 'control'));
  routes.openapi(list, (context) => {
    const access = context.get('access');
    requireSomebody(access);
    const covered = cameras.list().filter(({ id }) => rightsOver(access, id).length > 0);
    return context.json(
      { cameras: covered.map((camera) => cameraView(camera, access, { viewers, now: now() })) },
      200,
    );
  });
  routes.openapi(get, (context) => {
    const access = context.get('access');
    const camera = requireCamera(cameras, access, context.req.valid('param').camera, 'view');
    return context.json(cameraView(camera, access, { viewers, now: now() }), 200);
  });
  routes.openapi(controls, (context) => {
    const camera = requireCamera(cameras, context.get('access'), context.req.valid('param').camera, 'view');
    const descriptors = camera.source
      .controls()
      .map((descriptor) =>
        descriptor.kind === 'menu' ? { ...descriptor, options: [...descriptor.options] } : { ...descriptor },
      );
    return context.json({ controls: descriptors }, 200);
  });
  routes.openapi(setControl, async (context) => {
    const { camera: id, control } = context.req.valid('param');
    const camera = requireCamera(cameras, context.get('access'), id, 'control');
    const { value } = context.req.valid('json');
    if (!camera.source.controls().some((descriptor) => descriptor.id === control)) {
      throw new HttpProblem(404, 'control/unknown', `camera "${id}" has no control "${control}"`);
    }
    await camera.source.setControl(control, value);
    return context.json({ value }, 200);
  });
  return routes;
}
