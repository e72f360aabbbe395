import { isIPv6 } from 'node:net';
import { networkInterfaces } from 'node:os';

/** Interfaces that lead to containers of this machine, not to peers. */
const INWARD = ['docker', 'veth', 'br-', 'virbr', 'vmnet'];

/** Each address costs a socket a peer; machines with more have many of one network. */
const MAX_ADDRESSES = 8;

/**
 * The addresses of this machine at which peers may reach it: all but loopback and link-local ones, unless `wanted`
 * names some. Of those wanted, the ones that the machine does not have are left out. At most eight.
 */
export function hostAddresses(wanted?: readonly string[]): string[] {
  const found = Object.entries(networkInterfaces()).flatMap(([name, addresses = []]) =>
    addresses.map(({ address, internal }) => ({ name, address, internal })),
  );
  if (wanted) {
    return wanted.filter((address) => found.some((one) => one.address === address)).slice(0, MAX_ADDRESSES);
  }
  return found
    .filter(({ name, internal }) => !internal && !INWARD.some((prefix) => name.startsWith(prefix)))
    .map(({ address }) => address)
    .filter((address) => !isLinkLocal(address))
    .slice(0, MAX_ADDRESSES);
}

/** Whether this machine has an address now. */
export const hasAddress = (address: string): boolean =>
  Object.values(networkInterfaces()).some((addresses = []) =>
    addresses.some((one) => one.address === address),
  );

const isLinkLocal = (address: string): boolean =>
  isIPv6(address) ? address.toLowerCase().startsWith('fe80:') : address.startsWith('169.254.');
