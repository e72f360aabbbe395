import { ConfigError, type ConfigIssue } from '../config/config-error.ts';
import type { ServerConfig } from '../config/config-schema.ts';
import { didYouMean } from '../config/suggest.ts';
import type { RoomPlace } from './room-links.ts';

/** A camera of this server in a room. */
export interface OwnPlace extends RoomPlace {
  /** The camera's id on this server. */
  readonly camera: string;
  readonly label: string | undefined;
  readonly viewers: number;
}

/** Names a place: no name of a room or camera has a line in it. */
export const placeKey = ({ room, cameraId }: RoomPlace): string => `${room}\n${cameraId}`;

/** Where the cameras of this server are in rooms. */
export const ownPlaces = ({ rooms }: Pick<ServerConfig, 'rooms'>): readonly OwnPlace[] =>
  Object.entries(rooms.cameras).map(([camera, { room, cameraId = camera, label, viewers }]) => ({
    camera,
    room,
    cameraId,
    label,
    viewers,
  }));

/** Which cameras of this server are those that others bring into a room. */
export const broughtPlaces = ({ cameras }: Pick<ServerConfig, 'cameras'>): readonly OwnPlace[] =>
  Object.entries(cameras).flatMap(([camera, { source, label }]) =>
    source.kind === 'room'
      ? [{ camera, room: source.room, cameraId: source.cameraId, label, viewers: 64 }]
      : [],
  );

/**
 * Holds cameras and rooms of a configuration against each other.
 * @throws {ConfigError} `config/invalid`
 */
export function checkRoomPlaces(config: Pick<ServerConfig, 'cameras' | 'rooms'>): void {
  const { rooms, cameras } = config;
  const issues: ConfigIssue[] = [];
  const fault = (path: string, message: string): void => {
    issues.push({ at: 'configuration', path, message });
  };
  const own = ownPlaces(config);
  const brought = broughtPlaces(config);
  const off = rooms.mode === 'off' && [...own, ...brought][0];
  if (off)
    fault('rooms.mode', `must be compatible or strict, as camera "${off.camera}" is in room "${off.room}"`);
  const taken = new Map<string, string>();
  for (const { camera, ...place } of own) {
    const path = `rooms.cameras.${camera}`;
    if (!(camera in cameras))
      fault(path, `there is no camera "${camera}".${didYouMean(camera, Object.keys(cameras))}`);
    const other = taken.get(placeKey(place));
    if (other !== undefined)
      fault(path, `has the room and camera id of camera "${other}"; each needs its own`);
    taken.set(placeKey(place), camera);
  }
  for (const { camera, ...place } of brought) {
    if (taken.has(placeKey(place)))
      fault(`cameras.${camera}.source`, 'is a camera that this server itself puts into the room');
  }
  for (const { camera, room } of [...own, ...brought]) {
    if (rooms.names.length > 0 && !rooms.names.includes(room))
      fault('rooms.names', `must have "${room}", as camera "${camera}" is in it`);
  }
  if (issues.length > 0) throw new ConfigError('config/invalid', issues);
}
