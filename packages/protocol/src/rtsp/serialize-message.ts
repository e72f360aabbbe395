import { encodeUtf8 } from '@pinhole/core';

/** A request before it is written; `CSeq` and everything else is among the fields. */
export interface WritableRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: Iterable<readonly [name: string, value: string]>;
  readonly body?: Uint8Array;
}

/** An answer before it is written. */
export interface WritableResponse {
  readonly status: number;
  readonly reason: string;
  readonly headers: Iterable<readonly [name: string, value: string]>;
}

/**
 * Writes a request of RTSP 1.0 as UTF-8; `Content-Length` is added where there is a body.
 * @throws {RangeError} a field that would break its line: the caller has to keep line breaks out.
 * @see RFC 2326 §6
 */
export function serializeRtspRequest({ method, url, headers, body }: WritableRequest): Uint8Array {
  const length: readonly (readonly [string, string])[] =
    body === undefined ? [] : [['Content-Length', String(body.byteLength)]];
  const head = serializeHead(`${method} ${url} RTSP/1.0`, [...headers, ...length]);
  if (body === undefined) return head;
  const bytes = new Uint8Array(head.byteLength + body.byteLength);
  bytes.set(head);
  bytes.set(body, head.byteLength);
  return bytes;
}

/**
 * Writes an answer of RTSP 1.0.
 * @throws {RangeError} as `serializeRtspRequest`
 * @see RFC 2326 §7
 */
export const serializeRtspResponse = ({ status, reason, headers }: WritableResponse): Uint8Array =>
  serializeHead(`RTSP/1.0 ${status} ${reason}`, [...headers]);

function serializeHead(startLine: string, headers: readonly (readonly [string, string])[]): Uint8Array {
  const lines = [startLine, ...headers.map(([name, value]) => `${name}: ${value}`)];
  for (const line of lines) {
    // The value may be a credential: it is not told.
    if (/[\r\n\0]/.test(line)) throw new RangeError(`a line break in the field ${line.split(/[: ]/)[0]}`);
  }
  return encodeUtf8(`${lines.join('\r\n')}\r\n\r\n`);
}
