import type { MiddlewareHandler } from 'hono';
import { HttpProblem } from './problem.ts';
import type { ServerEnv } from './request-context.ts';

/**
 * Refuses bodies above `maxBytes`, whether they tell their length before or come in chunks.
 *
 * Hono's own puts a Request of the platform round the one of its Node adapter, which Node's fetch does not accept.
 */
export function bodyLimit(maxBytes: number): MiddlewareHandler<ServerEnv> {
  return async (context, next) => {
    const { headers } = context.env.incoming;
    if (Number(headers['content-length'] ?? 0) > maxBytes) throw tooLarge(maxBytes);
    if (headers['transfer-encoding'] !== undefined) {
      const { raw } = context.req;
      const body = await readBody(raw, maxBytes);
      const { method, signal } = raw;
      context.req.raw = new Request(raw.url, { method, headers: raw.headers, signal, body });
    }
    await next();
  };
}

async function readBody(request: Request, maxBytes: number): Promise<Uint8Array<ArrayBuffer> | null> {
  if (request.body === null) return null;
  const parts: Uint8Array[] = [];
  let sizeBytes = 0;
  try {
    for await (const part of request.body as AsyncIterable<Uint8Array>) {
      sizeBytes += part.byteLength;
      if (sizeBytes > maxBytes) throw tooLarge(maxBytes);
      parts.push(part);
    }
  } catch (thrown) {
    if (thrown instanceof HttpProblem) throw thrown;
    throw new HttpProblem(400, 'http/bad-request', 'the body ended before its end', { cause: thrown });
  }
  return sizeBytes === 0 ? null : new Uint8Array(Buffer.concat(parts));
}

const tooLarge = (maxBytes: number): HttpProblem =>
  new HttpProblem(413, 'http/body-too-large', `a request body has ${maxBytes} bytes at most`, {
    headers: { Connection: 'close' }, // what is left of the body is not worth reading
  });
