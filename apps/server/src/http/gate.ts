import type { IncomingMessage } from 'node:http';
import type { Millis } from '@pinhole/core';
import type { Access } from '../auth/access.ts';
import type { Authenticator } from '../auth/authenticator.ts';
import { credentialOf } from '../auth/credentials.ts';
import type { NetworkRanges } from '../config/network-range.ts';
import { clientAddress } from './client-address.ts';
import { checkHost, type HostPolicy } from './host-check.ts';
import { type OriginKind, type OriginPolicy, originKind, refuseForeignOrigin } from './origin-check.ts';
import { HttpProblem, tooMany, unauthorized } from './problem.ts';
import type { RateLimit } from './rate-limit.ts';
import type { SocketGuard } from './socket-guard.ts';

/** What {@link Gate} works with. */
export interface GateOptions {
  readonly hosts: HostPolicy;
  readonly origins: OriginPolicy;
  readonly trustedProxies: NetworkRanges;
  readonly authenticator: Authenticator;
  readonly writes: RateLimit;
  readonly sockets: SocketGuard;
  /** Monotonic. */
  readonly now: () => Millis;
}

/**
 * The address that a request asks for. A path that begins with two slashes is a path, not a host.
 * @throws {HttpProblem} `http/bad-request`, 400
 */
export function targetOf({ url = '/' }: Pick<IncomingMessage, 'url'>): URL {
  const text = url.startsWith('/') ? `http://localhost${url}` : url;
  if (URL.canParse(text)) return new URL(text);
  throw new HttpProblem(400, 'http/bad-request', 'the request target is no address');
}

/** What every request passes first, an HTTP one and a WebSocket upgrade alike. */
export class Gate {
  readonly #options: GateOptions;

  constructor(options: GateOptions) {
    this.#options = options;
  }

  /** The address that counts for limits and anonymous rights. */
  addressOf(request: IncomingMessage): string {
    const forwarded = request.headers['x-forwarded-for'];
    return clientAddress(
      request.socket.remoteAddress,
      Array.isArray(forwarded) ? forwarded.join(',') : forwarded,
      this.#options.trustedProxies,
    );
  }

  /**
   * Checks the name asked for, and where the asking page comes from.
   * @returns how the page's origin stands to us.
   * @throws {HttpProblem} `http/host`, `http/origin`
   */
  admit(request: IncomingMessage, options: { readonly changes: boolean }): OriginKind {
    const { hosts, origins } = this.#options;
    const { host, origin } = request.headers;
    checkHost(host, hosts);
    const kind = originKind(origin, host, origins);
    if (options.changes) refuseForeignOrigin(origin, kind);
    return kind;
  }

  /** Counts a request that changes something. @throws {HttpProblem} `http/too-many-requests`, 429 */
  countWrite(address: string): void {
    const wait = this.#options.writes.take(address, this.#options.now());
    if (wait !== undefined)
      throw tooMany('http/too-many-requests', `too many requests; try again in ${wait} s`, wait);
  }

  /**
   * Finds out who asks.
   * @throws {HttpProblem} `auth/*`: 401, or 429 after too many wrong tokens. Coming without a token is no error here.
   */
  authenticate(request: IncomingMessage, address: string): Access {
    const result = this.#options.authenticator.authenticate(
      credentialOf({
        authorization: request.headers.authorization,
        subprotocols: request.headers['sec-websocket-protocol'],
        searchParams: targetOf(request).searchParams,
      }),
      address,
    );
    switch (result.kind) {
      case 'refused':
        throw unauthorized(result.code, result.why);
      case 'limited':
        throw tooMany(
          'auth/too-many-failures',
          'too many wrong tokens from this address',
          result.retryAfterSeconds,
        );
      case 'access':
        if (result.access.authenticated || result.access.grants.length > 0) {
          this.#options.sockets.recognise(request.socket);
        }
        return result.access;
    }
  }
}
