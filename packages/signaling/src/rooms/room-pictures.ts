import type { RoomClient } from './room-client.ts';
import { RoomRefusal } from './room-refusal.ts';
import type { RoomState } from './room-state.ts';

/**
 * Takes a binary message of a camera and hands it to those who want pictures; they wait for no offer any more.
 * @throws {RoomRefusal} `not-a-camera`, `bad-message`
 */
export function takePicture(state: RoomState, client: RoomClient, bytes: Uint8Array): void {
  const entry = state.directory.get(client.id);
  if (entry?.cameraId === undefined || !state.directory.isListed(entry))
    throw new RoomRefusal('not-a-camera', 'only a camera that is listed in a room may send pictures');
  if (bytes[0] !== 0xff || bytes[1] !== 0xd8)
    throw new RoomRefusal('bad-message', 'a binary message has to be one whole JPEG picture');
  const { room, cameraId, clientId } = entry;
  const picture = { room, cameraId, clientId, jpeg: bytes };
  state.counters.pictures++;
  state.options.onJpeg?.(picture);
  for (const session of state.sessions.of(clientId)) {
    if (session.pictures === 'none' || session.camera !== clientId) continue;
    state.sessions.opened(session);
    state.clients.get(session.viewerId)?.port.picture?.(picture);
  }
}
