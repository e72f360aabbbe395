import type { Entry } from './directory.ts';
import type { RoomState } from './room-state.ts';

/** Tells the room's members of this process who came. */
export function announceArrival(state: RoomState, entry: Entry): void {
  const { clientId, deviceType, cameraId, room } = entry;
  state.broadcast(
    room,
    { type: 'clientJoined', clientId, deviceType, ...(cameraId !== undefined && { cameraId }) },
    { except: clientId },
  );
  announceCamera(state, entry);
}

/** Tells them that there is a camera, if it is one that can be found. */
export function announceCamera(state: RoomState, entry: Entry): void {
  const { clientId, cameraId, room } = entry;
  if (cameraId === undefined || !state.directory.isListed(entry)) return;
  const message = { type: 'cameraAvailable', ...state.viewOf(entry) } as const;
  state.broadcast(room, message, { except: clientId, about: cameraId });
}

/** Why a camera's old connection ends when its new one takes the id over. */
export const REPLACED = 'replaced';

/** Takes a member out of its room and tells those of this process, once. */
export function removeAndAnnounce(
  state: RoomState,
  clientId: string,
  reason: string,
): { readonly entry: Entry; readonly listed: boolean } | undefined {
  const removed = state.directory.remove(clientId);
  if (removed === undefined) return undefined;
  const { entry, listed } = removed;
  const { cameraId, deviceType, room } = entry;
  // A camera that is there by its new connection was never away.
  if (listed && cameraId !== undefined && reason !== REPLACED) {
    state.broadcast(room, { type: 'cameraUnavailable', cameraId, clientId }, { about: cameraId });
  }
  state.broadcast(room, {
    type: 'clientDisconnected',
    clientId,
    deviceType,
    ...(cameraId !== undefined && { cameraId }),
    reason,
  });
  endSessionsOf(state, clientId);
  return removed;
}

/** Ends all view sessions of somebody who left, and tells the other ends in this process what they wait to hear. */
function endSessionsOf(state: RoomState, clientId: string): void {
  for (const session of state.sessions.of(clientId)) {
    const { viewerId, camera, cameraId, requestId, room, deadline } = session;
    state.sessions.delete(session);
    const other = state.clients.get(viewerId === clientId ? camera : viewerId);
    if (other === undefined) continue;
    if (viewerId === clientId) state.tell(other, { type: 'viewerLeft', viewerId, cameraId });
    else if (deadline !== undefined) state.tell(other, { type: 'cameraNotFound', cameraId, requestId, room });
  }
}
