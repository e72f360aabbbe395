import { describe, expect, it } from 'vitest';
import { type HttpTarget, parseHttpTarget, targetInWords } from './http-target.ts';
import { redirected } from './redirect.ts';

const target = (text: string): HttpTarget => {
  const parsed = parseHttpTarget(text);
  if (parsed === undefined) throw new Error(`${text} is no address`);
  return parsed;
};

describe('an address', () => {
  it.each<readonly [string, HttpTarget]>([
    ['http://192.168.1.40', { secure: false, host: '192.168.1.40', port: 80, path: '/' }],
    ['HTTPS://Cam.local:8443/a/b?x=1#y', { secure: true, host: 'cam.local', port: 8443, path: '/a/b?x=1' }],
    ['http://[fe80::1]:81/stream', { secure: false, host: 'fe80::1', port: 81, path: '/stream' }],
    [
      'http://ad%40min:p%40ss%3A%2F@cam/',
      {
        secure: false,
        host: 'cam',
        port: 80,
        path: '/',
        credentials: { user: 'ad@min', password: 'p@ss:/' },
      },
    ],
  ])('%s is taken apart', (text, parts) => {
    expect(parseHttpTarget(text)).toEqual(parts);
  });

  it.each([
    '',
    'cam',
    'ftp://cam/',
    'http://',
    'http:///x',
    'http://a b/',
    'http://cam:99999/',
    'javascript:1',
  ])('%j is none', (text) => {
    expect(parseHttpTarget(text)).toBeUndefined();
  });

  it('shows neither password nor query to people', () => {
    expect(targetInWords(target('http://a:b@[::1]:81/s?password=b'))).toBe('http://[::1]:81/s');
    expect(targetInWords(target('https://cam/'))).toBe('https://cam/');
  });
});

describe('a redirect', () => {
  const from = target('http://u:p@cam:81/');

  it.each([
    ['/cam.mjpeg', 81, '/cam.mjpeg'],
    ['stream?a=1', 81, '/stream?a=1'],
    ['http://cam/x', 80, '/x'],
    ['https://CAM/x', 443, '/x'],
    ['//cam:82/x', 82, '/x'],
  ])('to %s stays on the host, and keeps our password', (location, port, path) => {
    expect(redirected(from, location)).toMatchObject({
      host: 'cam',
      port,
      path,
      credentials: { user: 'u', password: 'p' },
    });
  });

  it('never takes a password from where it leads', () => {
    expect(redirected(target('http://cam/'), 'http://x:y@cam/')).not.toHaveProperty('credentials');
  });

  it.each([
    ['http://169.254.169.254/latest', from],
    ['http://cam.evil.example/', from],
    ['http://cam@evil.example/', from],
    ['file:///etc/passwd', from],
    ['http://', from],
    [undefined, from],
    ['http://cam/', target('https://cam/')],
  ])('to %s is refused', (location, base) => {
    expect(() => redirected(base, location)).toThrow(expect.objectContaining({ code: 'source/redirected' }));
  });
});
