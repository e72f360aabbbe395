import { describe, expect, it } from 'vitest';
import { accessOf, type Grant } from './access.ts';
import type { TokenRecord } from './token.ts';

const record = (parts: Partial<TokenRecord>): TokenRecord => ({
  id: 'id',
  name: 'name',
  hash: '00',
  cameras: '*',
  rights: ['view'],
  createdAt: '2030-01-01T00:00:00.000Z',
  ...parts,
});
const NOBODY: readonly Grant[] = [];

describe('accessOf', () => {
  it('gives a right for the cameras of the token alone', () => {
    const access = accessOf(record({ cameras: ['door'], rights: ['view', 'control'] }), NOBODY, '::1');

    expect([access.can('view', 'door'), access.can('control', 'door'), access.can('record', 'door')]).toEqual(
      [true, true, false],
    );
    expect(access.can('view', 'hall')).toBe(false);
  });

  it('lets somebody who sends pictures in see none', () => {
    const access = accessOf(record({ rights: ['publish'] }), NOBODY, '::1');

    expect([
      access.can('publish', 'door'),
      access.can('view', 'door'),
      access.can('control', 'door'),
    ]).toEqual([true, false, false]);
  });

  it('lets admin hold every right, over its own cameras', () => {
    const one = accessOf(record({ cameras: ['door'], rights: ['admin'] }), NOBODY, '::1');

    expect(one.can('record', 'door')).toBe(true);
    expect(one.can('view', 'hall')).toBe(false);
    expect(one.admin).toBe(false);
    expect(accessOf(record({ rights: ['admin'] }), NOBODY, '::1').admin).toBe(true);
  });

  it('never takes away with a token what its bearer has without', () => {
    const anonymous: readonly Grant[] = [{ cameras: ['hall'], rights: ['view'] }];

    const access = accessOf(record({ cameras: ['door'] }), anonymous, '::1');

    expect(access.can('view', 'hall')).toBe(true);
    expect(access.can('view', 'door')).toBe(true);
  });

  it('gives nothing to those who are nobody', () => {
    expect(accessOf(undefined, NOBODY, '::1').can('view', 'door')).toBe(false);
  });
});
