import { expect, it } from 'vitest';
import { parseNetworkRanges } from '../config/network-range.ts';
import { clientAddress } from './client-address.ts';

it.each([
  ['believes nobody unless told', '10.0.0.9', '1.2.3.4', [], '10.0.0.9'],
  ['believes a trusted proxy', '10.0.0.9', '1.2.3.4', ['10.0.0.0/8'], '1.2.3.4'],
  [
    'takes the last entry that no trusted proxy wrote',
    '10.0.0.9',
    '6.6.6.6, 1.2.3.4, 10.0.0.8',
    ['10.0.0.0/8'],
    '1.2.3.4',
  ],
  ['does not believe a stranger', '5.5.5.5', '1.2.3.4', ['10.0.0.0/8'], '5.5.5.5'],
  ['leaves the port out', '10.0.0.9', '1.2.3.4:5678', ['10.0.0.0/8'], '1.2.3.4'],
  ['leaves brackets and port out', '10.0.0.9', '[2001:db8::1]:5678', ['10.0.0.0/8'], '2001:db8::1'],
  ['knows nobody by what is no address', '10.0.0.9', '1.2.3.4, x\u007f', ['10.0.0.0/8'], 'unknown'],
  ['reads mapped addresses', '::ffff:10.0.0.9', undefined, [], '10.0.0.9'],
])('%s', (_, peer, forwarded, trusted, address) => {
  expect(clientAddress(peer, forwarded, parseNetworkRanges(trusted))).toBe(address);
});
