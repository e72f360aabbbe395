import type { OpenAPIHono } from '@hono/zod-openapi';
import type { ServerEnv } from '../http/request-context.ts';
import { archiveRoutes } from './archive-routes.ts';
import { cameraRoutes } from './camera-routes.ts';
import { controlRoutes } from './control-routes.ts';
import { identityRoutes } from './identity-routes.ts';
import { newRouter } from './new-router.ts';
import { presetRoutes } from './preset-routes.ts';
import { recordingRoutes } from './recording-routes.ts';
import type { ApiServices } from './services.ts';
import { sessionRoutes } from './session-routes.ts';
import { tokenRoutes } from './token-routes.ts';

/** All of `/api/v1`, with its own description at `openapi.json`. */
export function apiRoutes(services: ApiServices): OpenAPIHono<ServerEnv> {
  const api = newRouter();
  api.use(async (context, next) => {
    await next();
    context.header('Cache-Control', 'no-store');
  });
  api.openAPIRegistry.registerComponent('securitySchemes', 'token', { type: 'http', scheme: 'bearer' });
  api.route('/', identityRoutes(services));
  api.route('/', cameraRoutes(services));
  api.route('/', controlRoutes(services));
  api.route('/', presetRoutes(services));
  api.route('/', recordingRoutes(services));
  api.route('/', archiveRoutes(services));
  api.route('/', sessionRoutes(services));
  api.route('/', tokenRoutes(services));
  api.doc31('/openapi.json', {
    openapi: '3.1.0',
    info: { title: 'Pinhole', version: services.version },
    servers: [{ url: '/api/v1' }],
    security: [{ token: [] }],
  });
  return api;
}
