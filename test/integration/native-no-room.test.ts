import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { NativeViewerCounters } from '@pinhole/native';
import { describe, expect } from 'vitest';
import { canHaveNetworks, inOwnNetworks } from '../support/own-networks.ts';
import { needs } from '../support/third-parties.ts';

/** A network of its own, whose loopback carries 1 Mbit/s, and never loses what waits for it. */
const NARROW = {
  script: 'ip link set lo up; tc qdisc add dev lo root tbf rate 1mbit burst 2000 limit 1000000',
};

const { it } = needs('g++', 'iproute2');
const narrowable = canHaveNetworks(NARROW);
if (!narrowable)
  console.log('skipped: a socket that is full; narrowing a network of its own needs root and tbf');

/** Linux's EAGAIN: what the socket may hold is used up. */
const NO_ROOM = 11;

describe.skipIf(!narrowable)('a socket that is full', () => {
  it('is told, costs no second try, and takes packets again when there is room', async () => {
    const { stdout } = await promisify(execFile)(
      'unshare',
      inOwnNetworks(NARROW, [
        process.execPath,
        '--conditions=@pinhole/source',
        '--import',
        'tsx',
        join(import.meta.dirname, '../support/narrow-link-child.ts'),
      ]),
    );
    const { full, later } = JSON.parse(stdout) as Record<'full' | 'later', NativeViewerCounters>;

    expect(full).toMatchObject({ packetsFailed: 0, packetsOverflowed: 0, lastError: NO_ROOM });
    // 2000 packets would need 18 s of this link.
    expect(full.packetsRefused).toBeGreaterThan(1000);
    expect(full.packetsSent).toBeGreaterThan(0);
    expect(full.packetsSent + full.packetsRefused).toBe(2000);
    expect(full.systemCalls).toBeLessThanOrEqual(50);
    expect(later.packetsSent).toBe(full.packetsSent + 1);
    expect(later.packetsFailed).toBe(0);
  });
});
