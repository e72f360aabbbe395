import { anonymousGrants } from '../auth/anonymous.ts';
import { Authenticator } from '../auth/authenticator.ts';
import type { TokenStore } from '../auth/token-store.ts';
import { monotonicNow } from '../clock.ts';
import type { ServerConfig } from '../config/config-schema.ts';
import { isLoopback, parseNetworkRanges } from '../config/network-range.ts';
import { Gate } from '../http/gate.ts';
import type { OriginPolicy } from '../http/origin-check.ts';
import { RateLimit } from '../http/rate-limit.ts';
import { Refusals } from '../http/refusals.ts';
import { RequestDeadlines } from '../http/request-deadlines.ts';
import { SocketGuard } from '../http/socket-guard.ts';

/** What decides who may come in, and how many. */
export interface Admission {
  readonly sockets: SocketGuard;
  readonly refusals: Refusals;
  readonly deadlines: RequestDeadlines;
  readonly writes: RateLimit;
  readonly authenticator: Authenticator;
  readonly gate: Gate;
}

/** Puts it together. */
export function openAdmission(config: ServerConfig, tokens: TokenStore): Admission {
  const { limits } = config;
  const sockets = new SocketGuard({
    unauthenticated: limits.unauthenticatedConnections,
    unauthenticatedPerAddress: limits.unauthenticatedConnectionsPerAddress,
  });
  const writes = new RateLimit({ perSecond: limits.writesPerSecond, burst: limits.writeBurst });
  const authenticator = new Authenticator({
    tokens,
    anonymous: anonymousGrants(config),
    failedPerMinute: limits.failedAuthPerMinute,
    now: monotonicNow,
    utcNow: () => new Date(),
  });
  const gate = openGate(config, { authenticator, writes, sockets }, { listen: config.listen, ports: 'same' });
  return {
    sockets,
    refusals: new Refusals(),
    deadlines: new RequestDeadlines(limits.requestTimeoutMs),
    writes,
    authenticator,
    gate,
  };
}

/** A gate of one address, by the same rules as all. */
export const openGate = (
  config: ServerConfig,
  { authenticator, writes, sockets }: Pick<Admission, 'authenticator' | 'writes' | 'sockets'>,
  { listen, ports }: { readonly listen: string; readonly ports: NonNullable<OriginPolicy['ports']> },
): Gate =>
  new Gate({
    hosts: { loopback: isLoopback(listen), names: config.hosts },
    origins: { origins: config.origins, ports },
    trustedProxies: parseNetworkRanges(config.trustedProxies),
    authenticator,
    writes,
    sockets,
    now: monotonicNow,
  });
