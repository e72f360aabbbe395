import { describe, expect, it } from 'vitest';
import { mayCheck } from './remote-address.ts';

const LAN = ['192.168.1.5', 'fd00::5'];
const LOOPBACK = ['127.0.0.1'];

describe('connectivity checks', () => {
  it.each(['192.168.1.9', '10.0.0.1', '203.0.113.7', '2001:db8::1', 'fd00::9'])('may go to %s', (address) => {
    expect(mayCheck(address, LAN)).toBe(true);
    expect(mayCheck(address, LOOPBACK)).toBe(true);
  });

  it.each([
    '0.0.0.0',
    '0.1.2.3',
    '224.0.0.251',
    '239.255.255.250',
    '255.255.255.255',
    '::',
    'ff02::1',
    '::ffff:127.0.0.1',
    '::ffff:192.168.1.9',
  ])('never go to %s', (address) => {
    expect(mayCheck(address, [...LAN, ...LOOPBACK])).toBe(false);
  });

  it.each(['127.0.0.1', '127.8.8.8', '::1'])('go to %s only from a socket on loopback', (address) => {
    expect(mayCheck(address, LAN)).toBe(false);
    expect(mayCheck(address, LOOPBACK)).toBe(true);
  });

  it.each(['169.254.169.254', 'fe80::1', 'fe80::1%eth0'])(
    'go to %s only from a socket on a link-local address',
    (address) => {
      expect(mayCheck(address, [...LAN, ...LOOPBACK])).toBe(false);
      expect(mayCheck(address, ['169.254.3.4'])).toBe(true);
    },
  );
});
