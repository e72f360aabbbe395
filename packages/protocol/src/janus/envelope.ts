import { checkElement, fieldOf, isObject, type JsonObject, textOf, wholeOf } from './fields.ts';
import type { JanusCredentials } from './requests.ts';

/** A request of a client as far as it is read before anybody knows whether its session exists. */
export interface JanusEnvelope {
  /** In lower case: Janus does not mind. */
  readonly verb: string;
  /** As it was written. */
  readonly written: string;
  readonly transaction: string;
  /** Positive, or undefined: then the request is for the server itself. */
  readonly sessionId: number | undefined;
  /** Positive; `invalid` where there is one that can be none. */
  readonly handleId: number | 'invalid' | undefined;
  readonly credentials: JanusCredentials;
  /** All of it. */
  readonly fields: JsonObject;
}

const TEXT = { type: 'a string', need: 'mandatory' } as const;

/**
 * Reads what all requests have. What is left out or odd but does no harm is taken as Janus takes it: an id that is no
 * number is none.
 * @throws {JanusRefusal} `missingElement`, `invalidElementType`; for any JSON whatsoever, nothing else
 */
export function parseJanusEnvelope(json: unknown): JanusEnvelope {
  const fields = isObject(json) ? json : {};
  checkElement(fields, 'transaction', TEXT);
  checkElement(fields, 'janus', TEXT);
  const written = textOf(fields, 'janus') ?? '';
  const [apisecret, token] = [textOf(fields, 'apisecret'), textOf(fields, 'token')];
  const sessionId = wholeOf(fields, 'session_id');
  return {
    verb: written.toLowerCase(),
    written,
    transaction: textOf(fields, 'transaction') ?? '',
    sessionId: sessionId === 0 ? undefined : sessionId,
    handleId: handleIdOf(fields),
    credentials: { ...(apisecret !== undefined && { apisecret }), ...(token !== undefined && { token }) },
    fields,
  };
}

function handleIdOf(fields: JsonObject): JanusEnvelope['handleId'] {
  if (fieldOf(fields, 'handle_id') === undefined) return undefined;
  const id = wholeOf(fields, 'handle_id');
  return id !== undefined && id > 0 ? id : 'invalid';
}
