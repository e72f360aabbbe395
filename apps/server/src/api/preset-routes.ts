import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi';
import type { CameraControls, ControlPreset, ControlValue } from '@pinhole/engine';
import { requireCamera } from '../auth/require.ts';
import type { ServerEnv } from '../http/request-context.ts';
import { appliedSchema, newPresetSchema, presetName, presetSchema } from './control-schemas.ts';
import { withRight } from './guards.ts';
import { newRouter } from './new-router.ts';
import { json, jsonBody, PROBLEMS_OF_BODY, PROBLEMS_OF_CHANGE, PROBLEMS_OF_ONE } from './responses.ts';
import type { ApiServices } from './services.ts';

const cameraParam = z.object({ camera: z.string().max(64) });
const presetParam = cameraParam.extend({ preset: presetName });

const list = createRoute({
  method: 'get',
  path: '/cameras/{camera}/presets',
  summary: 'The named sets of values of a camera',
  request: { params: cameraParam },
  responses: { 200: json('The presets', z.object({ presets: z.array(presetSchema) })), ...PROBLEMS_OF_ONE },
});

const save = createRoute({
  method: 'put',
  path: '/cameras/{camera}/presets/{preset}',
  summary: 'Saves values under a name; those that hold now, unless some are given',
  request: { params: presetParam, body: jsonBody(newPresetSchema) },
  responses: { 200: json('The preset', presetSchema), ...PROBLEMS_OF_CHANGE },
});

const remove = createRoute({
  method: 'delete',
  path: '/cameras/{camera}/presets/{preset}',
  summary: 'Removes a preset',
  request: { params: presetParam },
  responses: { 204: { description: 'Removed' }, ...PROBLEMS_OF_BODY },
});

const apply = createRoute({
  method: 'post',
  path: '/cameras/{camera}/presets/{preset}/apply',
  summary: 'Sets the values of a preset, as far as the camera takes them',
  request: { params: presetParam },
  responses: { 200: json('What holds now, and what was skipped', appliedSchema), ...PROBLEMS_OF_CHANGE },
});

/** `/cameras/{camera}/presets` and below. */
export function presetRoutes({ cameras, presets, log }: ApiServices): OpenAPIHono<ServerEnv> {
  const routes = newRouter();
  routes.use('/cameras/:camera/presets/:preset/*', withRight(cameras, 'control'));
  routes.use('/cameras/:camera/presets/:preset', withRight(cameras, 'control'));
  routes.openapi(list, (context) => {
    const { id } = requireCamera(cameras, context.get('access'), context.req.valid('param').camera, 'view');
    return context.json({ presets: presets.list(id).map(presetView) }, 200);
  });
  routes.openapi(save, async (context) => {
    const access = context.get('access');
    const { camera: asked, preset: name } = context.req.valid('param');
    const { id, controls } = requireCamera(cameras, access, asked, 'control');
    const { values, atStart } = context.req.valid('json');
    const preset: ControlPreset = {
      name,
      values: values === undefined ? valuesNow(controls) : new Map(Object.entries(values)),
      atStart,
    };
    await presets.save(id, preset);
    log.info({ camera: id, preset: name, atStart, by: access.identity.tokenId }, 'preset saved');
    return context.json(presetView(preset), 200);
  });
  routes.openapi(remove, async (context) => {
    const access = context.get('access');
    const { camera: asked, preset: name } = context.req.valid('param');
    const { id } = requireCamera(cameras, access, asked, 'control');
    await presets.remove(id, name);
    log.info({ camera: id, preset: name, by: access.identity.tokenId }, 'preset removed');
    return context.body(null, 204);
  });
  routes.openapi(apply, async (context) => {
    const access = context.get('access');
    const { camera: asked, preset: name } = context.req.valid('param');
    const { id, controls } = requireCamera(cameras, access, asked, 'control');
    const { values } = presets.get(id, name);
    const { applied, skipped } = await controls.apply(values, { by: access.identity.tokenId });
    return context.json({ applied: Object.fromEntries(applied), skipped: [...skipped] }, 200);
  });
  return routes;
}

const presetView = ({ name, values, atStart }: ControlPreset): z.output<typeof presetSchema> => ({
  name,
  values: Object.fromEntries(values),
  atStart,
});

/** What a person sees and may mean: not what cannot be changed now, such as a shutter time that the camera chooses. */
const valuesNow = (controls: CameraControls): ReadonlyMap<string, ControlValue> =>
  new Map(
    controls
      .list()
      .flatMap(({ descriptor, value }) =>
        value === undefined || descriptor.inactive !== undefined ? [] : [[descriptor.id, value] as const],
      ),
  );
