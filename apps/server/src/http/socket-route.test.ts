import { expect, it } from 'vitest';
import { socketRouteOf } from './socket-route.ts';

const routeOf = (address: string) =>
  socketRouteOf(new URL(address, 'http://localhost'), { defaultCamera: 'door' });

it.each([
  ['/live/hall', { kind: 'live', camera: 'hall', wish: {} }],
  ['/live/hall?format=h264&token=x', { kind: 'live', camera: 'hall', wish: {} }],
  ['/live/hall?format=jpeg', { kind: 'live', camera: 'hall', wish: { format: 'jpeg' } }],
  [
    '/live/hall?format=jpeg&fps=2.5',
    { kind: 'live', camera: 'hall', wish: { format: 'jpeg', framesPerSecond: 2.5 } },
  ],
  ['/ws/', { kind: 'raspicam', camera: 'door', wish: {} }],
  ['/ws', { kind: 'raspicam', camera: 'door', wish: {} }],
  ['/ws/hall', { kind: 'raspicam', camera: 'hall', wish: {} }],
])('%s is read', (address, route) => {
  expect(routeOf(address)).toEqual(route);
});

it.each([
  ['/live/', 'http/not-found'],
  ['/live/a/b', 'http/not-found'],
  ['/ws/a/b', 'http/not-found'],
  ['/wsx', 'http/not-found'],
  ['/live/hall?format=png', 'live/bad-format'],
  ['/live/hall?format=jpeg&fps=0', 'mjpeg/bad-rate'],
  ['/live/hall?format=jpeg&fps=61', 'mjpeg/bad-rate'],
  ['/live/hall?format=jpeg&fps=fast', 'mjpeg/bad-rate'],
])('%s is refused with %s', (address, code) => {
  expect(() => routeOf(address)).toThrowError(expect.objectContaining({ code }));
});
