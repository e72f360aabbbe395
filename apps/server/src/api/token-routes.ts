import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi';
import { parseDuration } from '../auth/duration.ts';
import type { TokenRecord } from '../auth/token.ts';
import { HttpProblem } from '../http/problem.ts';
import type { ServerEnv } from '../http/request-context.ts';
import { adminOnly } from './guards.ts';
import { newRouter } from './new-router.ts';
import { json, PROBLEMS, PROBLEMS_OF_BODY, PROBLEMS_OF_ONE } from './responses.ts';
import { createdTokenSchema, newTokenSchema, tokenSchema } from './schemas.ts';
import type { ApiServices } from './services.ts';

const list = createRoute({
  method: 'get',
  path: '/tokens',
  middleware: [adminOnly] as const,
  summary: 'All tokens, without their secrets (admin)',
  responses: { 200: json('The tokens', z.object({ tokens: z.array(tokenSchema) })), ...PROBLEMS },
});

const create = createRoute({
  method: 'post',
  path: '/tokens',
  middleware: [adminOnly] as const,
  summary: 'Makes a token (admin)',
  request: { body: { required: true, content: { 'application/json': { schema: newTokenSchema } } } },
  responses: { 201: json('The token', createdTokenSchema), ...PROBLEMS_OF_BODY },
});

const revoke = createRoute({
  method: 'delete',
  path: '/tokens/{token}',
  middleware: [adminOnly] as const,
  summary: 'Revokes a token by its id and ends what was opened with it (admin)',
  request: { params: z.object({ token: z.string().max(100) }) },
  responses: { 204: { description: 'Revoked' }, ...PROBLEMS_OF_ONE },
});

/** `/tokens` and below. */
export function tokenRoutes({ tokens, viewers, log }: ApiServices): OpenAPIHono<ServerEnv> {
  const routes = newRouter();
  routes.openapi(list, (context) => {
    return context.json({ tokens: tokens.list().map(tokenView) }, 200);
  });
  routes.openapi(create, async (context) => {
    const access = context.get('access');
    const { name, cameras, rights, expiresIn } = context.req.valid('json');
    const lifetimeMs = expiresIn === undefined ? undefined : parseDuration(expiresIn);
    const { token, record } = await tokens.create(
      { name, cameras, rights, ...(lifetimeMs !== undefined && { lifetimeMs }) },
      new Date(),
    );
    log.info({ id: record.id, rights, by: access.identity.tokenId }, 'token made');
    return context.json({ ...tokenView(record), token }, 201);
  });
  routes.openapi(revoke, async (context) => {
    const access = context.get('access');
    const { token: id } = context.req.valid('param');
    if (!(await tokens.revoke(id)))
      throw new HttpProblem(404, 'auth/no-such-token', `no token has the id "${id}"`);
    const ended = viewers.endWhere(({ who }) => who.tokenId === id, 'revoked');
    log.info({ id, ended, by: access.identity.tokenId }, 'token revoked');
    return context.body(null, 204);
  });
  return routes;
}

const tokenView = ({ id, name, cameras, rights, createdAt, expiresAt }: TokenRecord) => ({
  id,
  name,
  cameras: cameras === '*' ? cameras : [...cameras],
  rights: [...rights],
  createdAt,
  ...(expiresAt !== undefined && { expiresAt }),
});
