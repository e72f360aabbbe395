import { parseChallenges } from '@pinhole/protocol/authentication';
import { expect, it } from 'vitest';
import { Authorization } from './authorization.ts';

function answered(
  header: string,
  request: { method: string; url: string },
  user = 'Mufasa',
  password = 'Circle of Life',
) {
  const authorization = new Authorization(
    { user, password },
    () => 'f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ',
  );
  const scheme = authorization.challenge(parseChallenges([header]));
  return { scheme, header: authorization.header(request) };
}

const INDEX = { method: 'GET', url: '/dir/index.html' };

it.each([
  ['MD5', '8ca523f5e9506fed4657c9700eebdbec'],
  ['SHA-256', '753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1'],
])('proves by Digest of %s as RFC 7616 §3.9.1 does', (algorithm, response) => {
  const { header } = answered(
    `Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm=${algorithm}, nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"`,
    INDEX,
  );

  expect(header).toBe(
    `Digest username="Mufasa", realm="http-auth@example.org", nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", uri="/dir/index.html", response="${response}", algorithm=${algorithm}, qop=auth, nc=00000001, cnonce="f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"`,
  );
});

it('proves without qop, as most cameras want it (RFC 2069 §2.4, with its erratum)', () => {
  const { header } = answered(
    'Digest realm="testrealm@host.com", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093"',
    INDEX,
    'Mufasa',
    'CircleOfLife',
  );

  expect(header).toContain('response="1949323746fe6a43ef61f9606e7febea"');
  expect(header).not.toMatch(/qop|nc=|cnonce|algorithm/);
});

it.each([
  ['Basic realm="x"', 'basic'],
  ['Basic realm="x", Digest realm="x", nonce="1"', 'digest'],
  ['Digest realm="x", nonce="1", algorithm=SHA-512-256, Basic realm="x"', 'basic'],
  ['Digest realm="x", nonce="1", qop="auth-int"', undefined],
  ['Negotiate', undefined],
  ['', undefined],
])('takes of %j %s', (offered, scheme) => {
  expect(answered(offered, INDEX).scheme).toBe(scheme);
});

it('writes a password beyond ASCII as UTF-8 for Basic', () => {
  expect(answered('Basic realm="x"', INDEX, 'ü', '€').header).toBe(
    `Basic ${Buffer.from('ü:€').toString('base64')}`,
  );
});

it('counts the uses of a nonce, and begins anew with the next', () => {
  const authorization = new Authorization({ user: 'u', password: 'p' });
  const challenge = (nonce: string) =>
    authorization.challenge(parseChallenges([`Digest realm="r", nonce="${nonce}", qop=auth`]));
  const count = () => /nc=(\d+)/.exec(authorization.header(INDEX) ?? '')?.[1];

  challenge('1');
  expect([count(), count()]).toEqual(['00000001', '00000002']);
  challenge('2');
  expect(count()).toBe('00000001');
});

it('keeps a line break of a camera or a user out of the header', () => {
  const { header } = answered('Digest realm="x", nonce="1"', INDEX, 'u"\r\nX: y', 'p');

  expect(header).toContain('username="u\\"X: y"');
});
