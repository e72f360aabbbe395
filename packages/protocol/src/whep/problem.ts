import { MalformedError } from '@pinhole/core';
import * as z from 'zod/mini';

/** The media type of a problem. */
export const PROBLEM_TYPE = 'application/problem+json';

/** Why a request was not served, for programs (`code`) and people (`detail`). */
export interface Problem {
  /** HTTP status, the same as that of the response. */
  readonly status: number;
  /** Stable, `area/what`. */
  readonly code: string;
  /** A few words, the same for each problem of one code. */
  readonly title: string;
  /** What is wrong in this case and what helps. */
  readonly detail: string;
  /** Another address that serves the same, when there is one. */
  readonly alternative?: string;
}

const text = z.string().check(z.maxLength(4096));
const problemSchema = z.object({
  status: z.optional(z.number()),
  code: z.optional(text),
  title: z.optional(text),
  detail: z.optional(text),
  alternative: z.optional(text),
});

/**
 * The JSON of a problem. Its `type` is `about:blank` (RFC 9457 §4.2.1): the `code` member tells problems apart.
 * @see RFC 9457 §3
 */
export const serializeProblem = (problem: Problem): string =>
  JSON.stringify({ type: 'about:blank', ...problem });

/**
 * Parses the body of a failed response. Members that a foreign server leaves out get what the status tells.
 * @throws {MalformedError} `whep/problem`; for any text whatsoever, nothing else
 */
export function parseProblem(body: string, status: number): Problem {
  let json: unknown;
  try {
    json = JSON.parse(body);
  } catch (cause) {
    throw new MalformedError('whep/problem', 'the problem is not JSON', { cause });
  }
  const result = z.safeParse(problemSchema, json);
  if (!result.success) throw new MalformedError('whep/problem', 'the problem has members of a wrong type');
  const { alternative, ...members } = result.data;
  return {
    status: members.status ?? status,
    code: members.code ?? `http/${status}`,
    title: members.title ?? `HTTP ${status}`,
    detail: members.detail ?? members.title ?? `HTTP ${status}`,
    ...(alternative === undefined ? {} : { alternative }),
  };
}
