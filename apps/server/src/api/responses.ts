import type { z } from '@hono/zod-openapi';
import { problemSchema } from './schemas.ts';

const problem = (description: string) => ({
  description,
  content: { 'application/problem+json': { schema: problemSchema } },
});

/** What any route may answer when something is wrong. */
export const PROBLEMS = {
  401: problem('No token, or one that is not known or expired'),
  403: problem('The token does not allow it'),
  429: problem('Too many requests, or too many wrong tokens'),
} as const;

/** The same for routes that name something. */
export const PROBLEMS_OF_ONE = {
  ...PROBLEMS,
  404: problem('There is none, or the token does not cover it'),
} as const;

/** The same for routes that take a body. */
export const PROBLEMS_OF_BODY = {
  ...PROBLEMS_OF_ONE,
  413: problem('The body is too large'),
  422: problem('The body is not what the schema says'),
} as const;

/** A JSON response. */
export const json = <T extends z.ZodType>(description: string, schema: T) => ({
  description,
  content: { 'application/json': { schema } },
});
