import { type NetworkRanges, plainAddress } from '../config/network-range.ts';

/**
 * Who really asks. `X-Forwarded-For` counts only when the connection comes from a trusted proxy, and of its entries the
 * last one that no trusted proxy wrote; everything before it may be made up.
 */
export function clientAddress(
  peer: string | undefined,
  forwardedFor: string | undefined,
  trusted: NetworkRanges,
): string {
  const address = plainAddress(peer ?? '');
  if (forwardedFor === undefined || !trusted.includes(address)) return address;
  const hops = forwardedFor.split(',').map((hop) => plainAddress(hop.trim()));
  return hops.findLast((hop) => !trusted.includes(hop)) ?? address;
}
