import type { Cameras } from '@pinhole/engine';
import { monotonicNow } from '../clock.ts';
import type { ServerConfig } from '../config/config-schema.ts';
import { iceServersOf } from '../media/ice-servers.ts';
import type { MediaParts } from '../media/parts.ts';
import { broughtPlaces, ownPlaces } from '../rooms/room-places.ts';
import { RoomService, type RoomServiceOptions } from '../rooms/room-service.ts';
import { openLateCamera } from './cameras.ts';

/** The rooms of a configuration; undefined where they are off. */
export function openRooms(
  config: ServerConfig,
  options: Pick<
    RoomServiceOptions,
    'links' | 'authenticator' | 'sessions' | 'viewers' | 'recognise' | 'log'
  > & { readonly cameras: Cameras; readonly media: Pick<MediaParts, 'openSource'> },
): RoomService | undefined {
  if (config.rooms.mode === 'off') return undefined;
  const { media, log } = options;
  return new RoomService({
    ...options,
    config: config.rooms,
    iceServers: () => iceServersOf(config.iceServers),
    own: ownPlaces(config),
    brought: broughtPlaces(config),
    openCamera: (id, { room, cameraId, name }) =>
      openLateCamera(id, {
        spec: { kind: 'room', room, cameraId, encoder: {} },
        label: name ?? cameraId,
        media,
        log,
      }),
    now: monotonicNow,
  });
}
