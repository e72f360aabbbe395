import { describe, expect, it } from 'vitest';
import { followRedirect } from './redirect.ts';
import { parseRtspTarget } from './rtsp-target.ts';

describe('an RTSP address', () => {
  it.each([
    ['rtsp://cam/1', { url: 'rtsp://cam/1', secure: false, host: 'cam', port: 554 }],
    ['RTSPS://cam', { url: 'rtsps://cam', secure: true, host: 'cam', port: 322 }],
    [
      'rtsp://u:p%40s%@192.0.2.1:8554/a?b=c%20d#e',
      {
        url: 'rtsp://192.0.2.1:8554/a?b=c%20d',
        secure: false,
        host: '192.0.2.1',
        port: 8554,
        credentials: { user: 'u', password: 'p%40s%' }, // a lone % says that nothing is encoded
      },
    ],
    [
      'rtsp://u:p@ss@[fe80::1%25eth0]:1/ü',
      {
        url: 'rtsp://[fe80::1%25eth0]:1/%C3%BC',
        secure: false,
        host: 'fe80::1%eth0',
        port: 1,
        credentials: { user: 'u', password: 'p@ss' },
      },
    ],
    [
      'rtsp://u@cam/',
      { url: 'rtsp://cam/', secure: false, host: 'cam', port: 554, credentials: { user: 'u', password: '' } },
    ],
  ])('%s', (text, target) => {
    expect(parseRtspTarget(text)).toEqual(target);
  });

  it.each(['http://cam/', 'rtsp://', 'rtsp://cam:70000/', 'rtsp://u:pa/ss@cam/', 'rtsp:///x'])(
    '%s is none',
    (text) => {
      expect(parseRtspTarget(text)).toBeUndefined();
    },
  );
});

describe('a redirect', () => {
  const from = {
    url: 'rtsps://cam/1',
    secure: true,
    host: 'cam',
    port: 322,
    credentials: { user: 'u', password: 'p' },
  };

  it.each([
    ['/2?a', 'rtsps://cam/2?a'],
    ['rtsps://CAM:99/2', 'rtsps://CAM:99/2'],
  ])('to %s is followed with the credentials', (location, url) => {
    expect(followRedirect(from, location)).toMatchObject({ url, credentials: from.credentials });
  });

  it.each([
    ['rtsps://x:y@other/1', 'another host, other'],
    ['rtsp://cam/1', 'from rtsps to rtsp'],
    ['http://cam/', 'not to an RTSP address'],
    ['', 'not to an RTSP address'],
  ])('to %j is refused', (location, words) => {
    expect(() => followRedirect(from, location)).toThrowError(
      expect.objectContaining({ code: 'source/failed', message: expect.stringContaining(words) }),
    );
  });
});
