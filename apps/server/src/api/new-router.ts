import { OpenAPIHono } from '@hono/zod-openapi';
import { HttpProblem } from '../http/problem.ts';
import type { ServerEnv } from '../http/request-context.ts';

/** A router whose failed checks become problems in words. */
export function newRouter(): OpenAPIHono<ServerEnv> {
  return new OpenAPIHono<ServerEnv>({
    defaultHook: (result) => {
      if (result.success) return;
      const words = result.error.issues.map(({ path, message }) => `${path.join('.') || 'body'}: ${message}`);
      throw new HttpProblem(422, 'api/invalid', words.join('; '));
    },
  });
}
