import { MalformedError } from '@pinhole/core';

/** A session as a server names it. */
export interface RtspSessionHeader {
  /** To be sent back as it is. */
  readonly id: string;
  /** The server forgets the session when it hears nothing for so long. */
  readonly timeoutSeconds: number;
}

const DEFAULT_TIMEOUT_SECONDS = 60;

/**
 * Parses a Session header, e.g. `47112344;timeout=15`.
 * @throws {MalformedError} `rtsp/session` when there is no id
 * @see RFC 2326 §12.37
 */
export function parseSessionHeader(header: string): RtspSessionHeader {
  const [id = '', ...parameters] = header.split(';').map((part) => part.trim());
  if (id === '') throw new MalformedError('rtsp/session', 'a Session header without an id');
  const timeout = parameters
    .map((text) => /^timeout *= *"?(\d{1,9})/i.exec(text)?.[1])
    .find((digits) => digits !== undefined);
  // Some cameras write 0 and mean that they do not care.
  return { id, timeoutSeconds: Number(timeout ?? 0) || DEFAULT_TIMEOUT_SECONDS };
}
