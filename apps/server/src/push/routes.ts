import type { Cameras } from '@pinhole/engine';
import { Hono } from 'hono';
import { identityAt, requireCamera } from '../auth/require.ts';
import type { Gate } from '../http/gate.ts';
import { HttpProblem } from '../http/problem.ts';
import type { ServerEnv } from '../http/request-context.ts';
import type { RequestDeadlines } from '../http/request-deadlines.ts';
import { receivePost } from './push-post.ts';
import type { PushService } from './push-service.ts';

/** What serves those who send pictures. */
export interface PushRoutesOptions {
  readonly cameras: Cameras;
  readonly push: PushService;
  readonly deadlines: RequestDeadlines;
  readonly gate: Gate;
}

/** `POST /push/{camera}` */
export function pushRoutes({ cameras, push, deadlines, gate }: PushRoutesOptions): Hono<ServerEnv> {
  const routes = new Hono<ServerEnv>();
  routes.post('/push/:camera', (context) => {
    const access = context.get('access');
    // Only those who may not come in count against the limit that keeps strangers from knocking.
    if (!access.can('publish', context.req.param('camera'))) gate.countWrite(context.get('address'));
    const camera = requireCamera(cameras, access, context.req.param('camera'), 'publish');
    const identity = identityAt(access, camera.id);
    return receivePost(context.env.incoming, { camera, identity, push, deadlines });
  });
  routes.all('/push/:camera', () => {
    throw new HttpProblem(405, 'http/method', 'pictures are sent here by POST, or as a WebSocket', {
      headers: { Allow: 'POST, OPTIONS' },
    });
  });
  return routes;
}
