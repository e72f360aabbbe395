import { createRoute, type OpenAPIHono } from '@hono/zod-openapi';
import { requireSomebody, rightsOver } from '../auth/require.ts';
import type { ServerEnv } from '../http/request-context.ts';
import { isoOf } from './camera-view.ts';
import { newRouter } from './new-router.ts';
import { json, PROBLEMS } from './responses.ts';
import { meSchema, versionSchema } from './schemas.ts';
import type { ApiServices } from './services.ts';

const me = createRoute({
  method: 'get',
  path: '/me',
  summary: 'Who asks, and what for',
  responses: { 200: json('The token and its rights', meSchema), ...PROBLEMS },
});

const version = createRoute({
  method: 'get',
  path: '/version',
  summary: 'The version of the program',
  responses: { 200: json('The version', versionSchema), ...PROBLEMS },
});

/** `/me` and `/version`. */
export function identityRoutes(services: ApiServices): OpenAPIHono<ServerEnv> {
  const routes = newRouter();
  routes.openapi(me, (context) => {
    const access = context.get('access');
    requireSomebody(access);
    const { tokenId, expiresAt } = access.identity;
    const cameras = services.cameras
      .list()
      .map(({ id }) => ({ id, rights: [...rightsOver(access, id)] }))
      .filter(({ rights }) => rights.length > 0);
    return context.json(
      {
        authenticated: access.authenticated,
        ...(access.authenticated && {
          token: {
            id: tokenId,
            name: access.name,
            ...(expiresAt !== undefined && { expiresAt: isoOf(expiresAt) }),
          },
        }),
        admin: access.admin,
        cameras,
        rooms: { mode: services.rooms.mode, names: [...services.rooms.names] },
      },
      200,
    );
  });
  routes.openapi(version, (context) => {
    requireSomebody(context.get('access'));
    return context.json({ name: 'pinhole' as const, version: services.version }, 200);
  });
  return routes;
}
