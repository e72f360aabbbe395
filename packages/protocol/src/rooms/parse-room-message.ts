import { MalformedError } from '@pinhole/core';
import * as z from 'zod/mini';

/** A text message that is none of ours; carries what an answer to it has to name. */
export class RoomMessageError extends MalformedError<
  'rooms/json' | 'rooms/unknown-message' | 'rooms/message'
> {
  override readonly name = 'RoomMessageError';
  /** The message's own type, cut to what an answer can carry. */
  readonly re: string | undefined;
  readonly requestId: string | undefined;

  constructor(
    code: RoomMessageError['code'],
    message: string,
    options: { readonly cause?: unknown; readonly json?: unknown } = {},
  ) {
    super(code, message, options.cause === undefined ? {} : { cause: options.cause });
    this.re = textAt(options.json, 'type');
    this.requestId = textAt(options.json, 'requestId');
  }
}

/**
 * Parses a text message by its schema.
 * @throws {RoomMessageError} `rooms/json`, `rooms/unknown-message`, `rooms/message`; for any text whatsoever, nothing else
 */
export function parseRoomMessage<T>(text: string, schema: z.ZodMiniType<T>): T {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new RoomMessageError('rooms/json', 'the message is not JSON', { cause });
  }
  const result = z.safeParse(schema, json);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const field = issue?.path.join('.') ?? '';
  if (field === 'type') {
    const type = textAt(json, 'type');
    const shown = type === undefined ? 'no type that is text' : `the unknown type ${JSON.stringify(type)}`;
    throw new RoomMessageError('rooms/unknown-message', `the message has ${shown}`, { json });
  }
  const why = `${field || 'the message'}: ${issue?.message ?? 'is not valid'}`;
  throw new RoomMessageError('rooms/message', why, { json });
}

/** Only what a message has of its own: `{}` has no `constructor` of ours to tell. */
function textAt(json: unknown, key: string): string | undefined {
  if (typeof json !== 'object' || json === null || !Object.hasOwn(json, key)) return undefined;
  const value: unknown = (json as Readonly<Record<string, unknown>>)[key];
  return typeof value === 'string' ? value.slice(0, 64) : undefined;
}
