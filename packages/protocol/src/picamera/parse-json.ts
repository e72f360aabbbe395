import { decodeUtf8, MalformedError } from '@pinhole/core';
import * as z from 'zod/mini';

/**
 * Parses JSON text, or the UTF-8 of it, by a schema; fields that the schema does not know are left out.
 * @param what begins the sentence of an error
 * @throws {MalformedError} `code`; for any input whatsoever, nothing else
 */
export function parseJson<T, Code extends string>(
  input: Uint8Array | string,
  schema: z.ZodMiniType<T>,
  bounds: { readonly what: string; readonly code: Code; readonly maxBytes: number },
): T {
  const { what, code, maxBytes } = bounds;
  const size = typeof input === 'string' ? input.length : input.byteLength;
  if (size > maxBytes)
    throw new MalformedError(code, `${what} has ${size} bytes, at most ${maxBytes} are read`);
  let json: unknown;
  try {
    json = JSON.parse(typeof input === 'string' ? input : decodeUtf8(input));
  } catch (cause) {
    throw new MalformedError(code, `${what} is not JSON`, { cause });
  }
  const result = z.safeParse(schema, json);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const field = issue?.path.join('.') ?? '';
  throw new MalformedError(code, `${what}${field && `, ${field}`}: ${issue?.message ?? 'is not valid'}`);
}
