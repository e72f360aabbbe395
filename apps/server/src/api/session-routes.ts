import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi';
import { microsToMillis } from '@pinhole/core';
import type { PeerStats, ViewerSummary } from '@pinhole/engine';
import { HttpProblem } from '../http/problem.ts';
import type { ServerEnv } from '../http/request-context.ts';
import { isoOf } from './camera-view.ts';
import { adminOnly } from './guards.ts';
import { newRouter } from './new-router.ts';
import { json, PROBLEMS, PROBLEMS_OF_ONE } from './responses.ts';
import { sessionSchema } from './schemas.ts';
import type { ApiServices } from './services.ts';

const list = createRoute({
  method: 'get',
  path: '/sessions',
  middleware: [adminOnly] as const,
  summary: 'Who watches now (admin)',
  responses: { 200: json('The sessions', z.object({ sessions: z.array(sessionSchema) })), ...PROBLEMS },
});

const end = createRoute({
  method: 'delete',
  path: '/sessions/{session}',
  middleware: [adminOnly] as const,
  summary: 'Ends one viewer (admin)',
  request: { params: z.object({ session: z.string().max(100) }) },
  responses: { 204: { description: 'Ended' }, ...PROBLEMS_OF_ONE },
});

/** `/sessions` and below. */
export function sessionRoutes({ viewers, sessions, log }: ApiServices): OpenAPIHono<ServerEnv> {
  const routes = newRouter();
  routes.openapi(list, (context) => {
    return context.json(
      { sessions: viewers.list().map((viewer) => sessionView(viewer, sessions.stats(viewer.id))) },
      200,
    );
  });
  routes.openapi(end, (context) => {
    const access = context.get('access');
    const { session } = context.req.valid('param');
    const ended = viewers.endWhere(({ id }) => publicId(id) === session, 'revoked');
    if (ended === 0) throw new HttpProblem(404, 'session/unknown', 'no such session: it ended, or never was');
    log.info({ session, by: access.identity.tokenId }, 'viewer ended by an admin');
    return context.body(null, 204);
  });
  return routes;
}

/** The id that the list shows. The whole one is what lets a viewer steer its own session, so it stays inside. */
const publicId = (id: string): string => id.slice(0, 8);

const sessionView = (
  { id, camera, transport, state, who, since }: ViewerSummary,
  stats: PeerStats | undefined,
): z.output<typeof sessionSchema> => ({
  id: publicId(id),
  camera,
  transport,
  state,
  tokenId: who.tokenId,
  address: who.address,
  since: isoOf(since),
  ...(stats && { webrtc: statsView(stats) }),
});

const statsView = ({ roundTripTime, ...stats }: PeerStats) => ({
  ...stats,
  ...(roundTripTime !== undefined && { roundTripMs: microsToMillis(roundTripTime) }),
});
