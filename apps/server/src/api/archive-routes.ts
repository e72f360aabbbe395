import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi';
import { type Micros, micros } from '@pinhole/core';
import type { Right } from '@pinhole/engine';
import { gapsOf } from '@pinhole/outputs/archive';
import type { Context } from 'hono';
import { requireCamera } from '../auth/require.ts';
import { HttpProblem } from '../http/problem.ts';
import type { ServerEnv } from '../http/request-context.ts';
import type { CameraRecordings } from '../recordings/recordings.ts';
import { recordingsOf } from '../recordings/routes.ts';
import { timeOf } from '../recordings/time-of.ts';
import { isoOf } from './camera-view.ts';
import { withRight } from './guards.ts';
import { newRouter } from './new-router.ts';
import { footageSpanSchema, recordedDaySchema, recordingSchema } from './recording-schemas.ts';
import { dayView, recordingView, spanView } from './recording-view.ts';
import { json, PROBLEMS_OF_ONE, PROBLEMS_OF_RECORDING } from './responses.ts';
import type { ApiServices } from './services.ts';

const params = z.object({ camera: z.string().max(64) });
const time = z.string().max(40).openapi({ description: 'ISO 8601 with its zone, or ms since 1970' });
const MOST_AT_ONCE = 1000;
const MOST_KEY_FRAMES = 10_000;

const list = createRoute({
  method: 'get',
  path: '/cameras/{camera}/recordings',
  summary: 'Recordings of a stretch of time, oldest first, a page at a time',
  request: {
    params,
    query: z.object({
      from: time.optional(),
      to: time.optional(),
      limit: z.coerce.number().int().min(1).max(MOST_AT_ONCE).default(100),
      after: z.string().max(200).optional().openapi({ description: '`next` of the page before' }),
    }),
  },
  responses: {
    200: json('A page', z.object({ recordings: z.array(recordingSchema), next: z.string().optional() })),
    ...PROBLEMS_OF_RECORDING,
  },
});

const recordingsList = json('The recordings', z.object({ recordings: z.array(recordingSchema) }));

const latest = createRoute({
  method: 'get',
  path: '/cameras/{camera}/recordings/latest',
  summary: 'The newest recording that is complete; none when there is none',
  request: { params },
  responses: { 200: recordingsList, ...PROBLEMS_OF_ONE },
});

const before = createRoute({
  method: 'get',
  path: '/cameras/{camera}/recordings/before',
  summary: 'Up to 8 recordings before one of them, newest first; or the last one that ended before a time',
  request: {
    params,
    query: z.object({ path: z.string().max(200).optional(), time: time.optional() }),
  },
  responses: { 200: recordingsList, ...PROBLEMS_OF_RECORDING },
});

const days = createRoute({
  method: 'get',
  path: '/cameras/{camera}/recordings/days',
  summary: "The days that have recordings, by the device's calendar",
  request: { params },
  responses: { 200: json('The days', z.object({ days: z.array(recordedDaySchema) })), ...PROBLEMS_OF_ONE },
});

const remove = createRoute({
  method: 'delete',
  path: '/cameras/{camera}/recordings',
  summary: 'Deletes one recording, or all that lie whole within a stretch of time',
  request: {
    params,
    query: z.object({ path: z.string().max(200).optional(), from: time.optional(), to: time.optional() }),
  },
  responses: {
    200: json('What is gone', z.object({ files: z.number().int(), bytes: z.number().int() })),
    ...PROBLEMS_OF_RECORDING,
  },
});

const footage = createRoute({
  method: 'get',
  path: '/cameras/{camera}/footage',
  summary: 'What there is of a stretch of time, on disk and in memory, and what is missing',
  request: { params, query: z.object({ from: time, to: time }) },
  responses: {
    200: json(
      'The stretches that play in one go, and the gaps',
      z.object({
        spans: z.array(footageSpanSchema),
        gaps: z.array(z.object({ from: z.iso.datetime(), to: z.iso.datetime() })),
      }),
    ),
    ...PROBLEMS_OF_RECORDING,
  },
});

const keyFrames = createRoute({
  method: 'get',
  path: '/cameras/{camera}/footage/key-frames',
  summary: 'Where an export can begin and end',
  request: {
    params,
    query: z.object({
      from: time,
      to: time,
      limit: z.coerce.number().int().min(1).max(MOST_KEY_FRAMES).default(1000),
    }),
  },
  responses: {
    200: json('Capture times, oldest first', z.object({ keyFrames: z.array(z.iso.datetime()) })),
    ...PROBLEMS_OF_RECORDING,
  },
});

/** `/cameras/{camera}/recordings` and `…/footage`: what was recorded. */
export function archiveRoutes({ cameras, recordings, now }: ApiServices): OpenAPIHono<ServerEnv> {
  const routes = newRouter();
  const past = (context: Context<ServerEnv>, id: string, right: Right = 'download'): CameraRecordings =>
    recordingsOf(recordings, requireCamera(cameras, context.get('access'), id, right).id);
  const rangeOf = ({
    from,
    to,
  }: {
    readonly from?: string | undefined;
    readonly to?: string | undefined;
  }) => ({
    from: from === undefined ? micros(0) : timeOf('from', from),
    to: to === undefined ? micros(now() + DAY) : timeOf('to', to),
  });

  // Who may not ask learns nothing of how to ask.
  const mayDownload = withRight(cameras, 'download');
  const mayRecord = withRight(cameras, 'record');
  for (const path of ['recordings', 'recordings/:query', 'footage', 'footage/:query']) {
    routes.use(`/cameras/:camera/${path}`, (context, next) =>
      (context.req.method === 'DELETE' ? mayRecord : mayDownload)(context, next),
    );
  }
  routes.openapi(list, (context) => {
    const { camera } = context.req.valid('param');
    const { archive } = past(context, camera);
    const { limit, after, ...range } = context.req.valid('query');
    const files = archive.range({ ...rangeOf(range), limit, ...(after !== undefined && { after }) });
    const next = files.length === limit ? files.at(-1)?.path : undefined;
    return context.json(
      { recordings: files.map((file) => recordingView(camera, file)), ...(next !== undefined && { next }) },
      200,
    );
  });
  routes.openapi(latest, (context) => {
    const { camera } = context.req.valid('param');
    const file = past(context, camera).archive.latest();
    return context.json({ recordings: file ? [recordingView(camera, file)] : [] }, 200);
  });
  routes.openapi(before, (context) => {
    const { camera } = context.req.valid('param');
    const { archive } = past(context, camera);
    const { path, time: at } = context.req.valid('query');
    if ((path === undefined) === (at === undefined)) {
      throw new HttpProblem(400, 'recording/bad-request', 'write path or time, one of both');
    }
    const last = at === undefined ? undefined : archive.beforeTime(timeOf('time', at));
    const files = path === undefined ? (last ? [last] : []) : archive.before(path);
    return context.json({ recordings: files.map((file) => recordingView(camera, file)) }, 200);
  });
  routes.openapi(days, (context) => {
    const { archive } = past(context, context.req.valid('param').camera);
    return context.json({ days: archive.days().map(dayView) }, 200);
  });
  routes.openapi(remove, async (context) => {
    const { archive } = past(context, context.req.valid('param').camera, 'record');
    const { path, from, to } = context.req.valid('query');
    if (path !== undefined && from === undefined && to === undefined) {
      return context.json({ files: 1, bytes: await archive.delete(path) }, 200);
    }
    // Nobody means to delete everything by leaving something out.
    if (path !== undefined || from === undefined || to === undefined) {
      throw new HttpProblem(400, 'recording/bad-request', 'write path, or both from and to');
    }
    const { files, sizeBytes } = await archive.deleteRange(rangeOf({ from, to }));
    return context.json({ files, bytes: sizeBytes }, 200);
  });
  routes.openapi(footage, async (context) => {
    const { footage: reader } = past(context, context.req.valid('param').camera);
    const range = rangeOf(context.req.valid('query'));
    const spans = await reader.spans(range);
    const gaps = gapsOf(spans, range).map(({ from, to }) => ({ from: isoOf(from), to: isoOf(to) }));
    return context.json({ spans: spans.map(spanView), gaps }, 200);
  });
  routes.openapi(keyFrames, async (context) => {
    const { footage: reader } = past(context, context.req.valid('param').camera);
    const { limit, ...range } = context.req.valid('query');
    const found: readonly Micros[] = await reader.keyFrames({ ...rangeOf(range), limit });
    return context.json({ keyFrames: found.map(isoOf) }, 200);
  });
  return routes;
}

const DAY = 86_400_000_000;
