import { isIP } from 'node:net';
import { hostname } from 'node:os';
import { isLoopback } from '../config/network-range.ts';
import { HttpProblem } from './problem.ts';

/** Which names this server goes by. */
export interface HostPolicy {
  /** Only this machine can reach it. */
  readonly loopback: boolean;
  /** Names from the configuration. */
  readonly names: readonly string[];
}

/**
 * Refuses requests for a name that is not ours: a page on the web can make its own name point here (DNS rebinding),
 * and the browser would then take us for that page's server.
 *
 * @throws {HttpProblem} `http/host`, 421
 */
export function checkHost(host: string | undefined, policy: HostPolicy): void {
  const name = hostnameOf(host);
  if (name !== undefined && isOurs(name, policy)) return;
  throw new HttpProblem(
    421,
    'http/host',
    `this server does not answer to the name "${(name ?? host ?? '').slice(0, 100)}"; add it to "hosts" in the configuration`,
  );
}

function isOurs(name: string, { loopback, names }: HostPolicy): boolean {
  if (name.endsWith('.localhost') || isLoopback(name)) return true;
  if (names.some((own) => own.toLowerCase() === name)) return true;
  if (loopback) return false;
  // An address cannot be rebound, and this machine's own name is not for a stranger to give away.
  const own = hostname().toLowerCase();
  return isIP(name) !== 0 || name === own || name === `${own}.local`;
}

/** The name in a `Host` header, without port and brackets, in lower case. */
function hostnameOf(host: string | undefined): string | undefined {
  const match = /^(?:\[([0-9a-f:.]+)\]|([a-z0-9_.-]+))(?::\d{1,5})?$/i.exec(host ?? '');
  return (match?.[1] ?? match?.[2])?.toLowerCase();
}
