import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi';
import type { Camera } from '@pinhole/engine';
import { requireCamera } from '../auth/require.ts';
import type { ServerEnv } from '../http/request-context.ts';
import { isoOf } from './camera-view.ts';
import {
  controlsSchema,
  controlValueSchema,
  newValueSchema,
  newValuesSchema,
  resetSchema,
} from './control-schemas.ts';
import { withRight } from './guards.ts';
import { newRouter } from './new-router.ts';
import { json, jsonBody, PROBLEMS_OF_BODY, PROBLEMS_OF_CHANGE, PROBLEMS_OF_ONE } from './responses.ts';
import type { ApiServices } from './services.ts';

const cameraParam = z.object({ camera: z.string().max(64) });
const now = json('The controls as they are now', controlsSchema);

const list = createRoute({
  method: 'get',
  path: '/cameras/{camera}/controls',
  summary: 'What of a camera can be changed, and what it is now',
  request: { params: cameraParam },
  responses: { 200: now, ...PROBLEMS_OF_ONE },
});

const setOne = createRoute({
  method: 'put',
  path: '/cameras/{camera}/controls/{control}',
  summary: 'Changes one control',
  request: { params: cameraParam.extend({ control: z.string().max(100) }), body: jsonBody(newValueSchema) },
  responses: { 200: json('The value that holds now', controlValueSchema), ...PROBLEMS_OF_CHANGE },
});

const setSeveral = createRoute({
  method: 'patch',
  path: '/cameras/{camera}/controls',
  summary: 'Changes several controls: all of them, or none',
  request: { params: cameraParam, body: jsonBody(newValuesSchema) },
  responses: { 200: now, ...PROBLEMS_OF_CHANGE },
});

const reset = createRoute({
  method: 'post',
  path: '/cameras/{camera}/controls/reset',
  summary: 'Gives one control its default, or all that can be changed now',
  request: { params: cameraParam, body: jsonBody(resetSchema) },
  responses: { 200: now, ...PROBLEMS_OF_CHANGE },
});

const keep = createRoute({
  method: 'post',
  path: '/cameras/{camera}/controls/keep',
  summary: 'Keeps risky changes, which would be taken back otherwise',
  request: { params: cameraParam },
  responses: { 200: now, ...PROBLEMS_OF_BODY },
});

const revert = createRoute({
  method: 'post',
  path: '/cameras/{camera}/controls/revert',
  summary: 'Takes risky changes back at once',
  request: { params: cameraParam },
  responses: { 200: now, ...PROBLEMS_OF_CHANGE },
});

/** `/cameras/{camera}/controls` and below. */
export function controlRoutes({ cameras }: ApiServices): OpenAPIHono<ServerEnv> {
  const routes = newRouter();
  routes.use('/cameras/:camera/controls/:control', withRight(cameras, 'control'));
  routes.on('PATCH', '/cameras/:camera/controls', withRight(cameras, 'control'));
  routes.openapi(list, (context) => {
    const camera = requireCamera(cameras, context.get('access'), context.req.valid('param').camera, 'view');
    return context.json(controlsView(camera), 200);
  });
  routes.openapi(setOne, async (context) => {
    const access = context.get('access');
    const { camera: id, control } = context.req.valid('param');
    const { controls } = requireCamera(cameras, access, id, 'control');
    const body = context.req.valid('json');
    const value = await controls.set(control, body.value, {
      by: access.identity.tokenId,
      ...(body.keep && { keep: body.keep }),
    });
    return context.json({ value }, 200);
  });
  routes.openapi(setSeveral, async (context) => {
    const access = context.get('access');
    const camera = requireCamera(cameras, access, context.req.valid('param').camera, 'control');
    const body = context.req.valid('json');
    await camera.controls.setAll(new Map(Object.entries(body.values)), {
      by: access.identity.tokenId,
      ...(body.keep && { keep: body.keep }),
    });
    return context.json(controlsView(camera), 200);
  });
  routes.openapi(reset, async (context) => {
    const access = context.get('access');
    const camera = requireCamera(cameras, access, context.req.valid('param').camera, 'control');
    await camera.controls.reset(context.req.valid('json').control, { by: access.identity.tokenId });
    return context.json(controlsView(camera), 200);
  });
  routes.openapi(keep, (context) => {
    const camera = requireCamera(
      cameras,
      context.get('access'),
      context.req.valid('param').camera,
      'control',
    );
    camera.controls.keep();
    return context.json(controlsView(camera), 200);
  });
  routes.openapi(revert, async (context) => {
    const camera = requireCamera(
      cameras,
      context.get('access'),
      context.req.valid('param').camera,
      'control',
    );
    await camera.controls.revert();
    return context.json(controlsView(camera), 200);
  });
  return routes;
}

function controlsView({ controls }: Camera): z.output<typeof controlsSchema> {
  const { unkept } = controls;
  return {
    controls: controls.list().map(({ descriptor, value }) => ({
      ...(descriptor.kind === 'menu' ? { ...descriptor, options: [...descriptor.options] } : descriptor),
      ...(value !== undefined && { value }),
    })),
    ...(unkept && {
      unkept: {
        controls: [...unkept.previous].map(([id, previous]) => ({ id, previous })),
        by: unkept.by,
        revertAt: isoOf(unkept.revertAt),
      },
    }),
  };
}
