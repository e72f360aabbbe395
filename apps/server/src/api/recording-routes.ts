import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi';
import { micros } from '@pinhole/core';
import type { Right } from '@pinhole/engine';
import type { Context } from 'hono';
import { requireCamera } from '../auth/require.ts';
import type { ServerEnv } from '../http/request-context.ts';
import type { CameraRecordings } from '../recordings/recordings.ts';
import { recordingsOf } from '../recordings/routes.ts';
import { withRight } from './guards.ts';
import { newRouter } from './new-router.ts';
import {
  recordingSchema,
  recordingStateSchema,
  saveRecordingSchema,
  startedSchema,
  startRecordingSchema,
  stopRecordingSchema,
} from './recording-schemas.ts';
import { recordingStateView, recordingView, starterView } from './recording-view.ts';
import { json, jsonBody, PROBLEMS_OF_ONE, PROBLEMS_OF_RECORDING } from './responses.ts';
import type { ApiServices } from './services.ts';

const params = z.object({ camera: z.string().max(64) });

const state = createRoute({
  method: 'get',
  path: '/cameras/{camera}/recording',
  summary: 'Whether a camera is being recorded, since when, for whom, and what goes wrong',
  request: { params },
  responses: { 200: json('How recording is', recordingStateSchema), ...PROBLEMS_OF_ONE },
});

const start = createRoute({
  method: 'post',
  path: '/cameras/{camera}/recording/start',
  summary: 'Starts to record on demand, or joins what is being recorded',
  request: { params, body: jsonBody(startRecordingSchema) },
  responses: { 201: json('The start, to be stopped by its id', startedSchema), ...PROBLEMS_OF_RECORDING },
});

const stop = createRoute({
  method: 'post',
  path: '/cameras/{camera}/recording/stop',
  summary: 'Ends a start; the recording ends with the last one',
  request: { params, body: jsonBody(stopRecordingSchema) },
  responses: { 200: json('How recording is', recordingStateSchema), ...PROBLEMS_OF_RECORDING },
});

const save = createRoute({
  method: 'post',
  path: '/cameras/{camera}/recording/save',
  summary: 'Makes a recording of the last seconds, which are in memory',
  request: { params, body: jsonBody(saveRecordingSchema) },
  responses: {
    201: json(
      'The new recordings: several where the picture changed its size, or came with gaps',
      z.object({ recordings: z.array(recordingSchema) }),
    ),
    ...PROBLEMS_OF_RECORDING,
  },
});

/** `/cameras/{camera}/recording`: what is recorded now. */
export function recordingRoutes({ cameras, recordings }: ApiServices): OpenAPIHono<ServerEnv> {
  const routes = newRouter();
  const past = (context: Context<ServerEnv>, id: string, right: Right): CameraRecordings =>
    recordingsOf(recordings, requireCamera(cameras, context.get('access'), id, right).id);

  routes.use('/cameras/:camera/recording/:action', withRight(cameras, 'record'));
  routes.openapi(state, (context) =>
    context.json(
      recordingStateView(past(context, context.req.valid('param').camera, 'view'), recordings),
      200,
    ),
  );
  routes.openapi(start, (context) => {
    const { recorder } = past(context, context.req.valid('param').camera, 'record');
    const { reason, seconds } = context.req.valid('json');
    const started = recorder.start({
      who: context.get('access').identity.tokenId,
      ...(reason !== undefined && { reason }),
      ...(seconds !== undefined && { limit: micros(seconds * 1e6) }),
    });
    return context.json(starterView(started), 201);
  });
  routes.openapi(stop, async (context) => {
    const of = past(context, context.req.valid('param').camera, 'record');
    const { id } = context.req.valid('json');
    const { tokenId } = context.get('access').identity;
    const own = of.recorder.state.by.filter(({ who }) => who === tokenId).map((starter) => starter.id);
    for (const each of id === undefined ? own : [id]) await of.recorder.stop(each);
    return context.json(recordingStateView(of, recordings), 200);
  });
  routes.openapi(save, async (context) => {
    const { camera } = context.req.valid('param');
    const { recorder, archive } = past(context, camera, 'record');
    const { seconds, reason } = context.req.valid('json');
    const { tokenId: who } = context.get('access').identity;
    const segments = await recorder.save({ seconds, who, ...(reason !== undefined && { reason }) });
    const paths = segments.map(({ path }) => path.slice(archive.root.length + 1));
    for (const path of paths) await archive.ended(path);
    const saved = paths.map((path) => archive.get(path)).filter((file) => file !== undefined);
    return context.json({ recordings: saved.map((file) => recordingView(camera, file)) }, 201);
  });
  return routes;
}
