import { millis } from '@pinhole/core';
import { describe, expect, it } from 'vitest';
import { RateLimit, subnet } from './rate-limit.ts';

describe('RateLimit', () => {
  it('allows a burst, then tells how long to wait, then allows again', () => {
    const limit = new RateLimit({ perSecond: 0.5, burst: 2 });

    const answers = [0, 0, 0, 2000, 2000].map((at) => limit.take('10.0.0.1', millis(at)));

    expect(answers).toEqual([undefined, undefined, 2, undefined, 2]);
    expect(limit.refused).toBe(2);
  });

  it('counts each address alone', () => {
    const limit = new RateLimit({ perSecond: 1, burst: 1 });
    limit.take('10.0.0.1', millis(0));

    expect(limit.take('10.0.0.2', millis(0))).toBeUndefined();
    expect(limit.take('10.0.0.1', millis(0))).toBe(1);
  });

  it('forgets the address unused for longest rather than grow', () => {
    const limit = new RateLimit({ perSecond: 1, burst: 1, maxAddresses: 2 });
    for (const address of ['10.0.0.1', '10.0.0.2', '10.0.0.3']) limit.take(address, millis(0));

    expect(limit.take('10.0.0.3', millis(0))).toBe(1);
    expect(limit.take('10.0.0.1', millis(0))).toBeUndefined();
  });
});

it.each([
  ['192.168.1.2', '192.168.1.2'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:db8::1', '2001:db8:0:0::/64'],
  ['::1', '0:0:0:0::/64'],
])('%s counts as %s', (address, key) => {
  expect(subnet(address)).toBe(key);
});
