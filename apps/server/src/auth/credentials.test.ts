import { describe, expect, it } from 'vitest';
import { type CredentialCarrier, credentialOf } from './credentials.ts';

const carrier = (parts: Partial<CredentialCarrier>): CredentialCarrier => ({
  searchParams: new URLSearchParams(),
  ...parts,
});

describe('credentialOf', () => {
  it.each([
    ['a header', carrier({ authorization: 'Bearer abc' }), 'abc'],
    ['a header in any case', carrier({ authorization: 'bearer abc' }), 'abc'],
    ['a password', carrier({ authorization: `Basic ${btoa('obs:abc')}` }), 'abc'],
    ['a subprotocol', carrier({ subprotocols: 'pinhole.live.v1, bearer.abc' }), 'abc'],
    ['the address', carrier({ searchParams: new URLSearchParams('token=abc') }), 'abc'],
    [
      'a header before the address',
      carrier({ authorization: 'Bearer abc', searchParams: new URLSearchParams('token=xyz') }),
      'abc',
    ],
  ])('reads %s', (_, from, token) => {
    expect(credentialOf(from)).toEqual({ kind: 'token', token });
  });

  it.each([
    ['another scheme', carrier({ authorization: 'Digest abc' })],
    ['a user without a password', carrier({ authorization: `Basic ${btoa('obs')}` })],
    ['an empty password', carrier({ authorization: `Basic ${btoa('obs:')}` })],
    ['an empty token', carrier({ searchParams: new URLSearchParams('token=') })],
    ['a token of absurd length', carrier({ authorization: `Bearer ${'x'.repeat(513)}` })],
  ])('tells %s from no token at all', (_, from) => {
    expect(credentialOf(from)).toMatchObject({ kind: 'malformed' });
    expect(credentialOf(carrier({}))).toEqual({ kind: 'none' });
  });
});
