import { describe, expect, it } from 'vitest';
import { parseNetworkRanges } from './network-range.ts';

describe('parseNetworkRanges', () => {
  it.each([
    [['192.168.0.0/16'], '192.168.3.4', true],
    [['192.168.0.0/16'], '::ffff:192.168.3.4', true],
    [['192.168.0.0/16'], '192.169.0.1', false],
    [['10.1.2.3'], '10.1.2.3', true],
    [['fd00::/8'], 'fd12::1', true],
    [['fd00::/8'], 'fe80::1%eth0', false],
    [['0.0.0.0/0', '::/0'], '2001:db8::1', true],
    [[], '127.0.0.1', false],
    [['127.0.0.0/8'], 'not an address', false],
  ])('%j holds %s: %s', (ranges, address, holds) => {
    expect(parseNetworkRanges(ranges).includes(address)).toBe(holds);
  });

  it.each(['10.0.0.0/33', '10.0.0/8', 'fd00::/129', '10.0.0.0/', '10.0.0.0/8/8', 'cam', ''])(
    'refuses %j',
    (text) => {
      expect(() => parseNetworkRanges([text])).toThrow(
        expect.objectContaining({ code: 'config/network-range' }),
      );
    },
  );
});
