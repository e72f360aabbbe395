import { isIP } from 'node:net';
import { type NetworkRanges, plainAddress } from '../config/network-range.ts';

const UNKNOWN_ADDRESS = 'unknown';

/**
 * Who really asks. `X-Forwarded-For` counts only when the connection comes from a trusted proxy, and of its entries the
 * last one that no trusted proxy wrote; everything before it may be made up. What is no address there counts as one that
 * nobody knows: it lies in no range, and all of them share their limits.
 */
export function clientAddress(
  peer: string | undefined,
  forwardedFor: string | undefined,
  trusted: NetworkRanges,
): string {
  const address = plainAddress(peer ?? '');
  if (forwardedFor === undefined || !trusted.includes(address)) return address;
  const hops = forwardedFor.split(',').map(addressOf);
  return hops.findLast((hop) => !trusted.includes(hop)) ?? address;
}

/** Some proxies write the port behind the address. */
function addressOf(hop: string): string {
  const text = hop.trim();
  const bare = /^\[([^\]]*)\](?::\d+)?$/.exec(text)?.[1] ?? /^([\d.]+):\d+$/.exec(text)?.[1] ?? text;
  const address = plainAddress(bare);
  return isIP(address) === 0 ? UNKNOWN_ADDRESS : address;
}
