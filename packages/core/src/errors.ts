/**
 * Somebody else's fault: a network, a device, a file, a person. Programs switch on `code`, people read `message`,
 * we follow `cause`. Every code stands in `docs/errors.md`.
 */
export class PinholeError<Code extends string = string> extends Error {
  override readonly name: string = 'PinholeError';
  readonly code: Code;

  constructor(code: Code, message: string, options?: { readonly cause?: unknown }) {
    super(message, options);
    this.code = code;
  }
}

/** Bytes or text that break their format. What a parser throws, for any input whatsoever, is this and nothing else. */
export class MalformedError<Code extends string = string> extends PinholeError<Code> {
  override readonly name: string = 'MalformedError';
}

/** The message of anything that was thrown, for a log or a person. */
export const messageOf = (thrown: unknown): string =>
  thrown instanceof Error ? thrown.message : String(thrown);
