import { MalformedError } from '@pinhole/core';
import * as z from 'zod/mini';

/**
 * Parses a text message by its schema.
 * @throws {MalformedError} `live/json`, `live/unknown-message`, `live/message`; for any text whatsoever, nothing else
 */
export function parseMessage<T>(text: string, schema: z.ZodMiniType<T>): T {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new MalformedError('live/json', 'the message is not JSON', { cause });
  }
  const result = z.safeParse(schema, json);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const field = issue?.path.join('.') ?? '';
  if (field === 'type') {
    throw new MalformedError('live/unknown-message', `no message has type ${shown(json, 'type')}`);
  }
  throw new MalformedError('live/message', `${field || 'the message'}: ${issue?.message ?? 'is not valid'}`);
}

const shown = (json: unknown, field: string): string => {
  const value: unknown = (json as Record<string, unknown>)[field];
  return typeof value === 'string' ? JSON.stringify(value.slice(0, 64)) : typeof value;
};
