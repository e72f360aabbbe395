import { describe, expect, it } from 'vitest';
import { ConfigError } from '../config/config-error.ts';
import type { ServerConfigInput } from '../config/config-schema.ts';
import { checkConfig } from '../config/load-config.ts';
import { checkRoomPlaces, ownPlaces } from './room-places.ts';

const CAMERAS = { front: 'synthetic', back: 'synthetic' };

describe('cameras in rooms', () => {
  it.each([
    ['cctv/front-door', { room: 'cctv', cameraId: 'front-door', viewers: 16 }],
    ['cctv', { room: 'cctv', cameraId: 'front', viewers: 16 }],
    ['cctv/a/b', { room: 'cctv', cameraId: 'a/b', viewers: 16 }],
    [
      { room: 'cctv', cameraId: 'front-door', label: 'Front', viewers: 2 },
      { room: 'cctv', cameraId: 'front-door', label: 'Front', viewers: 2 },
    ],
  ])('are written %j', (written, place) => {
    const config = checkConfig({ cameras: CAMERAS, rooms: { mode: 'strict', cameras: { front: written } } });

    checkRoomPlaces(config);
    expect(ownPlaces(config)).toMatchObject([{ camera: 'front', ...place }]);
  });

  it.each([
    ['rooms.mode: must be compatible or strict', { rooms: { cameras: { front: 'cctv' } } }],
    ['rooms.mode: must be compatible or strict', { cameras: { yard: 'room:cctv/yard' } }],
    [
      'rooms.cameras.frnt: there is no camera "frnt". Did you mean "front"?',
      { rooms: { mode: 'strict', cameras: { frnt: 'cctv' } } },
    ],
    [
      'rooms.cameras.back: has the room and camera id of camera "front"',
      { rooms: { mode: 'strict', cameras: { front: 'cctv/door', back: 'cctv/door' } } },
    ],
    [
      'rooms.names: must have "cctv"',
      { rooms: { mode: 'strict', names: ['porch'], cameras: { front: 'cctv' } } },
    ],
    [
      'cameras.yard.source: is a camera that this server itself puts into the room',
      {
        cameras: { ...CAMERAS, yard: 'room:cctv/door' },
        rooms: { mode: 'strict', cameras: { front: 'cctv/door' } },
      },
    ],
  ] as [string, ServerConfigInput][])('are refused with "%s"', (message, input) => {
    const config = checkConfig({ cameras: CAMERAS, ...input });

    expect(() => checkRoomPlaces(config)).toThrowError(ConfigError);
    expect(() => checkRoomPlaces(config)).toThrowError(message);
  });

  it.each([' cctv', 'a\nb', '', 'x'.repeat(65)])('are not in a room called %j', (room) => {
    expect(() => checkConfig({ rooms: { cameras: { front: { room } } } })).toThrowError(
      /rooms\.cameras\.front\.room/,
    );
  });
});
