import { describe, expect, it } from 'vitest';
import { endpointsOf } from './endpoints.ts';

const PAGE = 'https://home.example/app/#grid';

describe('endpointsOf', () => {
  it('makes both endpoints from a WHEP path', () => {
    expect(endpointsOf({ url: '/whep/door' }, PAGE)).toEqual({
      whep: 'https://home.example/whep/door',
      live: 'wss://home.example/live/door',
    });
  });

  it('takes a live address and a prefix that a proxy put before it', () => {
    expect(endpointsOf({ url: 'ws://cam.local:8080/pinhole/live/door' }, PAGE)).toEqual({
      whep: 'http://cam.local:8080/pinhole/whep/door',
      live: 'ws://cam.local:8080/pinhole/live/door',
    });
  });

  it('takes a camera, on the page’s own server or another', () => {
    expect(endpointsOf({ camera: 'back door' }, PAGE).whep).toBe('https://home.example/whep/back%20door');
    expect(endpointsOf({ base: 'http://cam.local/', camera: 'a' }, PAGE).live).toBe('ws://cam.local/live/a');
  });

  it('takes the token out of the address, so that it stands in no log', () => {
    expect(endpointsOf({ url: '/whep/door?token=pin_1&x=2' }, PAGE)).toEqual({
      whep: 'https://home.example/whep/door?x=2',
      live: 'wss://home.example/live/door?x=2',
      token: 'pin_1',
    });
  });

  it.each(['/cameras/door', 'http://[', 'mailto:whep/door', '/whep/', ''])(
    'client/address for "%s"',
    (url) => {
      expect(() => endpointsOf({ url }, PAGE)).toThrowError(
        expect.objectContaining({ code: 'client/address' }),
      );
    },
  );

  it('wants a camera that has a name', () => {
    expect(() => endpointsOf({ camera: '' }, PAGE)).toThrowError(
      expect.objectContaining({ code: 'client/address' }),
    );
  });
});
