import { BlockList, isIPv6 } from 'node:net';

/** No host has such an address: unspecified, multicast, broadcast. */
const NO_HOST = blockList('0.0.0.0/8', '224.0.0.0/4', '240.0.0.0/4', '::/128', 'ff00::/8');
/** IPv4 written as IPv6: our sockets do not reach it. Node takes every IPv4 address to be in here. */
const MAPPED = blockList('::ffff:0:0/96');
/** What only this machine, or only a neighbour of it, stands behind. */
const NEAR = [blockList('127.0.0.0/8', '::1/128'), blockList('169.254.0.0/16', 'fe80::/10')];

/**
 * Whether connectivity checks may go to an address that a peer named. They reach whatever it names, so what lies behind
 * loopback or link-local addresses gets them only from a socket on such an address. A peer that is really there comes
 * by itself: checks also answer those that come in.
 *
 * @param local the addresses of our own sockets
 */
export const mayCheck = (address: string, local: readonly string[]): boolean =>
  !contains(NO_HOST, address) &&
  !(isIPv6(address) && contains(MAPPED, address)) &&
  NEAR.every((near) => !contains(near, address) || local.some((own) => contains(near, own)));

function blockList(...ranges: readonly string[]): BlockList {
  const list = new BlockList();
  for (const range of ranges) {
    const [address = '', prefix] = range.split('/');
    list.addSubnet(address, Number(prefix), familyOf(address));
  }
  return list;
}

const contains = (list: BlockList, address: string): boolean => {
  const [plain = ''] = address.split('%', 1);
  return list.check(plain, familyOf(plain));
};

function familyOf(address: string): 'ipv4' | 'ipv6' {
  return isIPv6(address) ? 'ipv6' : 'ipv4';
}
