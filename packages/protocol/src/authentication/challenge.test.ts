import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { parseChallenges } from './challenge.ts';

describe('WWW-Authenticate', () => {
  const challenges = (...headers: readonly string[]) =>
    parseChallenges(headers).map(({ scheme, parameters }) => [scheme, Object.fromEntries(parameters)]);

  it.each([
    [
      'each in a header of its own, as most cameras send them',
      ['Digest realm="IP Camera(21388)", nonce="0a4f", stale="FALSE"', 'Basic realm="IP Camera(21388)"'],
      [
        ['digest', { realm: 'IP Camera(21388)', nonce: '0a4f', stale: 'FALSE' }],
        ['basic', { realm: 'IP Camera(21388)' }],
      ],
    ],
    [
      'all in one header',
      ['Basic realm="a, b", Digest realm="x \\"y\\"",qop="auth,auth-int" , algorithm=SHA-256,nonce=abc'],
      [
        ['basic', { realm: 'a, b' }],
        ['digest', { realm: 'x "y"', qop: 'auth,auth-int', algorithm: 'SHA-256', nonce: 'abc' }],
      ],
    ],
    [
      'a scheme alone',
      ['Negotiate, Basic realm=x'],
      [
        ['negotiate', {}],
        ['basic', { realm: 'x' }],
      ],
    ],
    [
      'blanks round the equals sign',
      ['DIGEST Realm = "r" , Nonce= n'],
      [['digest', { realm: 'r', nonce: 'n' }]],
    ],
    ['a quote that is not closed', ['Digest realm="abc'], [['digest', { realm: 'abc' }]]],
    ['nothing readable', ['realm="x"', '=', ''], []],
  ])('%s', (_, headers, expected) => {
    expect(challenges(...headers)).toEqual(expected);
  });

  test('any text at all is read without a throw, and fast', () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom('Digest', ' ', ',', '=', '"', '\\', 'a', 'realm', '\t', 'ü')),
        (parts) => {
          expect(parseChallenges([parts.join('')])).toBeDefined();
        },
      ),
      { numRuns: 5000 },
    );
    expect(parseChallenges([`Digest realm="${'\\"'.repeat(8000)}`])).toHaveLength(1);
    expect(parseChallenges([' ,'.repeat(8000)])).toHaveLength(0);
  });
});
