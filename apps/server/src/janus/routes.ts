import { Hono } from 'hono';
import type { ServerEnv } from '../http/request-context.ts';
import type { JanusService } from './janus-service.ts';

const BASE = '/janus';

/** `/janus`, `/janus/{session}`, `/janus/{session}/{handle}`, `/janus/info`. */
export function janusRoutes(service: JanusService): Hono<ServerEnv> {
  const routes = new Hono<ServerEnv>();
  for (const path of [BASE, `${BASE}/*`]) {
    routes.all(path, (context) =>
      service.respond(context.req.raw, {
        base: BASE,
        address: context.get('address'),
        incoming: context.env.incoming,
      }),
    );
  }
  return routes;
}
