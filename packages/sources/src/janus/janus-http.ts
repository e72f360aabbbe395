import { type IncomingMessage, request as plainRequest } from 'node:http';
import { request as tlsRequest } from 'node:https';
import { PinholeError } from '@pinhole/core';
import { type JanusHttp, MAX_SERVER_TEXT_CHARS } from '@pinhole/protocol/janus-session';

/** A request to Janus that got no answer. */
export class JanusHttpError extends PinholeError<'source/failed'> {
  override readonly name = 'JanusHttpError';
  /** Node's code, e.g. `ECONNREFUSED`. */
  readonly nodeCode: string;

  constructor(nodeCode: string, options: { readonly cause: unknown }) {
    super('source/failed', `the request failed (${nodeCode})`, options);
    this.nodeCode = nodeCode;
  }
}

/** A request has to be answered within so long; a long poll takes half of it. */
const TIMEOUT_MS = 65_000;

/** Asks a Janus over HTTP, each time on a connection of its own: a poll may not stand before a request. */
export const nodeHttp =
  ({ certificate }: { readonly certificate: 'checked' | 'any' }): JanusHttp =>
  ({ method, url, body }) => {
    const abort = new AbortController();
    const options = {
      method,
      agent: false,
      signal: abort.signal,
      timeout: TIMEOUT_MS,
      rejectUnauthorized: certificate === 'checked',
      headers: body === undefined ? {} : { 'Content-Type': 'application/json' },
    };
    const answer = new Promise<{ readonly status: number; readonly body: string }>((resolve, reject) => {
      const failed = (error: NodeJS.ErrnoException): void =>
        reject(new JanusHttpError(error.code ?? error.name, { cause: error }));
      const request = url.startsWith('https:') ? tlsRequest(url, options) : plainRequest(url, options);
      request.on('error', failed);
      request.on('timeout', () =>
        request.destroy(Object.assign(new Error('timeout'), { code: 'ETIMEDOUT' })),
      );
      request.on('response', (response) => {
        readText(response).then((text) => resolve({ status: response.statusCode ?? 0, body: text }), failed);
      });
      request.end(body);
    });
    return { answer, cancel: () => abort.abort() };
  };

/** Reads no more than shows that it is too long. */
async function readText(response: IncomingMessage): Promise<string> {
  let text = '';
  response.setEncoding('utf8');
  for await (const part of response) {
    text += String(part);
    if (text.length > MAX_SERVER_TEXT_CHARS) break;
  }
  return text;
}
