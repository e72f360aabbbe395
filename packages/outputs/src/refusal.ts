import type { PinholeError } from '@pinhole/core';
import { PROBLEM_TYPE, type Problem, serializeProblem } from '@pinhole/protocol/whep';

const RETRY_SECONDS = '2';

const ANSWERS: Readonly<
  Record<string, readonly [status: number, title: string, headers?: Readonly<Record<string, string>>]>
> = {
  'camera/unknown': [404, 'No such camera'],
  'http/method': [405, 'Method not allowed', { Allow: 'GET, HEAD' }],
  'session/limit': [503, 'Too many viewers', { 'Retry-After': RETRY_SECONDS }],
  'mjpeg/bad-rate': [400, 'No such rate'],
  'mjpeg/no-decoder': [501, 'No decoder'],
  'mjpeg/failed': [502, 'No picture could be decoded', { 'Retry-After': RETRY_SECONDS }],
};
const NOT_LIVE = [409, 'The camera is not live', { 'Retry-After': RETRY_SECONDS }] as const;

/** The answer to a request for a stream that cannot be given (RFC 9457). */
export function refusal({ code, message }: PinholeError): Response {
  const [status, title, headers] = ANSWERS[code] ?? NOT_LIVE;
  const problem: Problem = { status, code, title, detail: message };
  return new Response(serializeProblem(problem), {
    status,
    headers: { ...headers, 'Content-Type': PROBLEM_TYPE },
  });
}
