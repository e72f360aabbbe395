import { randomBytes } from 'node:crypto';
import { existsSync, rmSync } from 'node:fs';
import { type Micros, micros } from '@pinhole/core';
import { loadAddon } from '@pinhole/native';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SlotClaim } from './slot-claim.ts';
import { SlotPublisher } from './slot-publisher.ts';

const inSharedMemory = !('missing' in loadAddon()) && existsSync('/dev/shm');
const seconds = (count: number): Micros => micros(count * 1e6);

describe.skipIf(!inSharedMemory)('whether a slot may be written', () => {
  let name: string;
  beforeEach(() => {
    name = `pinhole-test-${randomBytes(6).toString('hex')}::h264`;
  });
  afterEach(() => rmSync(`/dev/shm/${name}`, { force: true }));

  /** Another program. */
  const theirs = () => {
    const target = { name, kind: 'h264', layout: 'B7b', mode: 0o600, removal: 'never' } as const;
    const writer = SlotPublisher.open(target, { now: () => micros(0) });
    return () =>
      writer.publish({
        data: new Uint8Array(3),
        width: 1,
        height: 1,
        captureTime: micros(0),
        key: true,
        gop: 1,
        online: true,
      });
  };

  it('at once where there is none, or nothing in it', () => {
    const claim = new SlotClaim(name);
    expect(claim.look(seconds(0))).toBe('free');
    theirs();
    expect(claim.look(seconds(0))).toBe('free');
  });

  it('after a while where its picture stays as it is', () => {
    theirs()();
    const claim = new SlotClaim(name);

    expect([0, 1, 2, 2.5].map((at) => claim.look(seconds(at)))).toEqual([
      'looking',
      'looking',
      'looking',
      'free',
    ]);
  });

  it('not while somebody else writes, and once that ended or took it away', () => {
    const write = theirs();
    write();
    const claim = new SlotClaim(name);
    claim.look(seconds(0));
    write();
    expect([1, 3, 3.4].map((at) => claim.look(seconds(at)))).toEqual(['taken', 'taken', 'taken']);
    write();
    expect([3.5, 5.9, 6].map((at) => claim.look(seconds(at)))).toEqual(['taken', 'taken', 'free']);
    write();
    expect(claim.look(seconds(7))).toBe('looking');
    rmSync(`/dev/shm/${name}`);
    expect(claim.look(seconds(7))).toBe('free');
  });
});
