import { type IncomingMessage, request as plainRequest, type RequestOptions } from 'node:http';
import { request as tlsRequest } from 'node:https';
import type { Abort, Millis } from '@pinhole/core';
import { parseChallenges } from '@pinhole/protocol/authentication';
import { Authorization } from '../../authorization.ts';
import type { SourceClock } from '../../clock.ts';
import { httpFailure, MjpegError } from '../mjpeg-error.ts';
import type { HttpTarget } from './http-target.ts';
import { redirected } from './redirect.ts';

/** How a camera is asked. */
export interface AskOptions {
  readonly clock: SourceClock;
  /** For the head of each answer. */
  readonly timeoutMs: Millis;
  readonly signal: Abort;
}

/** An answer whose body is still to come. */
export interface Exchange {
  readonly status: number;
  /** In lower case; empty when it has none. */
  readonly contentType: string;
  /** Where it came from in the end. */
  readonly target: HttpTarget;
  readonly body: IncomingMessage;
  /** Ends the connection; resolves when it is gone. */
  close(): Promise<void>;
}

const MAX_REDIRECTS = 3;
/** A second refusal is final, unless the camera says that its nonce was too old. */
const MAX_PROOFS = 3;
const KEEP_ALIVE_MS = 5_000;
const REDIRECTS = new Set([301, 302, 303, 307, 308]);

/** What proves who we are to one camera, kept from request to request. */
export class CameraHttp {
  readonly #options: Pick<AskOptions, 'clock'>;
  #authorization: Authorization | undefined;

  constructor(options: Pick<AskOptions, 'clock'>) {
    this.#options = options;
  }

  /**
   * Asks by GET, on a connection of its own: follows redirects within the host, proves who we are when asked for it.
   * Never has two connections open.
   * @throws {MjpegError} `source/*`; whatever the status otherwise, it is returned.
   */
  async get(target: HttpTarget, options: Omit<AskOptions, 'clock'>): Promise<Exchange> {
    let at = target;
    let redirects = 0;
    for (let proofs = 0; ; ) {
      const exchange = await this.#ask(at, options);
      const { status, body } = exchange;
      if (REDIRECTS.has(status)) {
        await exchange.close();
        if (++redirects > MAX_REDIRECTS)
          throw new MjpegError(
            'source/redirected',
            `the camera redirects us more than ${MAX_REDIRECTS} times`,
          );
        at = redirected(at, body.headers.location);
      } else if (status === 401) {
        await exchange.close();
        this.#prove(at, body, proofs++);
      } else return exchange;
    }
  }

  #prove({ credentials }: HttpTarget, { headers, rawHeaders }: IncomingMessage, proofs: number): void {
    if (credentials === undefined) {
      throw unauthorized(
        'wants a user name and password: write them into its address, user:password and an @ before the host',
      );
    }
    const offered = parseChallenges(
      rawHeaders.flatMap((name, i) =>
        i % 2 === 0 && /^www-authenticate$/i.test(name) ? [rawHeaders[i + 1] ?? ''] : [],
      ),
    );
    const stale = offered.some(({ parameters }) => /^true$/i.test(parameters.get('stale') ?? ''));
    // The first proof may have been made with a nonce of an earlier request.
    if ((proofs > 0 && !stale) || proofs >= MAX_PROOFS)
      throw unauthorized('refused the user name or password (401)');
    this.#authorization ??= new Authorization(credentials);
    if (this.#authorization.challenge(offered) === undefined) {
      const schemes = String(headers['www-authenticate'] ?? 'a proof').replace(/[^\x20-\x7e]/g, '');
      throw unauthorized(`wants ${schemes.slice(0, 40)}, which we cannot give: set it to Digest or Basic`);
    }
  }

  #ask(target: HttpTarget, { timeoutMs, signal }: Omit<AskOptions, 'clock'>): Promise<Exchange> {
    const proof = this.#authorization?.header({ method: 'GET', url: target.path });
    const options: RequestOptions & { readonly rejectUnauthorized: boolean } = {
      host: target.host,
      port: target.port,
      path: target.path,
      method: 'GET',
      agent: false,
      // Cameras write their headers by hand: bare line feeds, odd characters, both lengths at once. Fetch (undici) takes
      // no such answer; this reader does, and what it then gives is read with care anyway.
      insecureHTTPParser: true,
      // Cameras sign their certificates themselves: TLS keeps listeners out, no more.
      rejectUnauthorized: false,
      // Few and short: an ESP32 takes 512 bytes of headers.
      headers: {
        Accept: '*/*',
        'User-Agent': 'Pinhole',
        ...(proof !== undefined && { Authorization: proof }),
      },
    };
    return new Promise((resolve, reject) => {
      const request = target.secure ? tlsRequest(options) : plainRequest(options);
      const settle = (): void => {
        cancel();
        signal.removeEventListener('abort', abort);
      };
      const giveUp = (why: MjpegError): void => {
        settle();
        // The next connection is opened when this one is gone, not before.
        request.once('close', () => reject(why));
        request.destroy();
      };
      const abort = (): void => giveUp(new MjpegError('source/ended', 'stopped'));
      const cancel = this.#options.clock.after(timeoutMs, () =>
        giveUp(new MjpegError('source/timeout', `the camera did not answer within ${timeoutMs} ms`)),
      );
      request.on('error', (error) => giveUp(httpFailure(error)));
      request.on('socket', (socket) => {
        socket.setNoDelay(true);
        socket.setKeepAlive(true, KEEP_ALIVE_MS);
      });
      request.once('response', (body) => {
        settle();
        body.on('error', () => {}); // its end is told by `close`
        const { statusCode: status = 0, headers } = body;
        const contentType = (headers['content-type'] ?? '').toLowerCase();
        resolve({ status, contentType, target, body, close: () => closed(body) });
      });
      signal.addEventListener('abort', abort);
      if (signal.aborted) abort();
      else request.end();
    });
  }
}

function closed(body: IncomingMessage): Promise<void> {
  return new Promise((resolve) => {
    const { socket } = body;
    if (socket.closed) resolve();
    else socket.once('close', () => resolve());
    body.destroy();
    socket.destroy();
  });
}

const unauthorized = (why: string): MjpegError => new MjpegError('source/unauthorized', `the camera ${why}`);
