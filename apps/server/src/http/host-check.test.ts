import { describe, expect, it } from 'vitest';
import { checkHost } from './host-check.ts';

const LOOPBACK = { loopback: true, names: [] };
const OPEN = { loopback: false, names: ['Cam.Example.org'] };

describe('checkHost', () => {
  it.each([
    ['localhost:8080', LOOPBACK],
    ['127.0.0.1:8080', LOOPBACK],
    ['[::1]:8080', LOOPBACK],
    ['pinhole.localhost', LOOPBACK],
    ['192.168.1.2:8080', OPEN],
    ['[2001:db8::1]', OPEN],
    ['cam.example.org', OPEN],
  ])('answers to %s', (host, policy) => {
    expect(() => checkHost(host, policy)).not.toThrow();
  });

  it.each([
    ['evil.example:8080', LOOPBACK],
    ['192.168.1.2:8080', LOOPBACK],
    ['localhost.evil.example', LOOPBACK],
    ['evil.example', OPEN],
    ['evil.example@localhost', OPEN],
    ['', OPEN],
    [undefined, OPEN],
  ])('refuses %s', (host, policy) => {
    expect(() => checkHost(host, policy)).toThrow(
      expect.objectContaining({ code: 'http/host', status: 421 }),
    );
  });
});
