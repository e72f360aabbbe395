import { expect, it } from 'vitest';

it('can be imported where there is no window', async () => {
  expect(typeof globalThis.window).toBe('undefined');

  const [{ LivePlayer }, { PinholeCamera }, { CameraClient }, { PiCamera }, { janusTransport }] =
    await Promise.all([
      import('./index.ts'),
      import('./element/index.ts'),
      import('./rooms/index.ts'),
      import('./picamera/index.ts'),
      import('./janus/index.ts'),
    ]);

  expect(typeof LivePlayer).toBe('function');
  expect(typeof PinholeCamera).toBe('function');
  expect(typeof PiCamera).toBe('function');
  expect(typeof janusTransport).toBe('function');
  expect(new CameraClient().isConnected).toBe(false);
});
