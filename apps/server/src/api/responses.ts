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

/** The same for routes that change something of a camera. */
export const PROBLEMS_OF_CHANGE = {
  ...PROBLEMS_OF_BODY,
  409: problem('Not now: it is inactive, or there are too many'),
  502: problem('The camera refuses'),
  503: problem('Too many changes at once'),
  504: problem('The camera does not answer'),
} as const;

/** The same for routes about the past. */
export const PROBLEMS_OF_RECORDING = {
  ...PROBLEMS_OF_BODY,
  400: problem('A path or a time that cannot be meant'),
  409: problem('Not now: the recording is in use, or the camera does not record on demand'),
  503: problem('Another is being saved, or the disk does not take it'),
  507: problem('The disk is full'),
} as const;

/** A JSON body that must be there. */
export const jsonBody = <T extends z.ZodType>(schema: T) => ({
  required: true as const,
  content: { 'application/json': { schema } },
});

/** A JSON response. */
export const json = <T extends z.ZodType>(description: string, schema: T) => ({
  description,
  content: { 'application/json': { schema } },
});
