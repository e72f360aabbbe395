import { BlockList, isIP } from 'node:net';
import { PinholeError } from '@pinhole/core';

/** A set of addresses: single ones and ranges in CIDR notation. */
export interface NetworkRanges {
  /** Whether the address lies in one of the ranges. An IPv4 address mapped into IPv6 counts as IPv4. */
  includes(address: string): boolean;
}

/**
 * Reads addresses and CIDR ranges (`192.168.0.0/16`, `fd00::/8`, `10.1.2.3`).
 * @throws {PinholeError} `config/network-range`
 */
export function parseNetworkRanges(texts: readonly string[]): NetworkRanges {
  const list = new BlockList();
  for (const text of texts) {
    const [address = '', prefix, ...more] = text.split('/');
    const version = isIP(address);
    const bits = version === 6 ? 128 : 32;
    const length = prefix === undefined ? bits : Number(prefix);
    const wrong =
      version === 0 ||
      more.length > 0 ||
      !Number.isInteger(length) ||
      length < 0 ||
      length > bits ||
      prefix === '';
    if (wrong) {
      throw new PinholeError(
        'config/network-range',
        `"${text}" is no network range; write e.g. 192.168.0.0/16 or fd00::/8`,
      );
    }
    list.addSubnet(address, length, version === 6 ? 'ipv6' : 'ipv4');
  }
  return {
    includes: (address) => {
      const plain = plainAddress(address);
      const version = isIP(plain);
      return version !== 0 && list.check(plain, version === 6 ? 'ipv6' : 'ipv4');
    },
  };
}

/** The address without an IPv6 zone and without the `::ffff:` that dual-stack sockets put before IPv4. */
export function plainAddress(address: string): string {
  const unmapped = address.replace(/^::ffff:(?=\d+\.)/i, '');
  return unmapped.replace(/%.*$/, '');
}

/** Whether only this machine can reach a socket bound there. */
export const isLoopback = (address: string): boolean => address === 'localhost' || LOOPBACK.includes(address);

const LOOPBACK = parseNetworkRanges(['127.0.0.0/8', '::1']);

const NAMED_LOCALHOST = new Set(['localhost', '127.0.0.1', '0.0.0.0', '::']);

/** The name under which this machine itself reaches a server that listens on `address`. */
export function nameForItself(address: string): string {
  if (NAMED_LOCALHOST.has(address)) return 'localhost';
  return address.includes(':') ? `[${address}]` : address;
}
