import {
  parseRoomServerMessage,
  type RoomClientMessageInput,
  type RoomServerMessage,
} from '@pinhole/protocol/rooms';
import type { RoomPort } from '../room-client.ts';
import type { RoomState } from '../room-state.ts';

/** Somebody who speaks WebRTC for a camera that sends pictures alone. */
export interface RoomStandIn {
  /** Takes what concerns the viewers that are its own. */
  handle(message: RoomServerMessage): void;
  /** The camera's connection is gone; called once. */
  gone(): void;
}

/** Speaks as the camera. */
export type SpeakAs = (message: RoomClientMessageInput) => void;

/** What is said to a camera by its viewers; a stand-in takes it in place of the camera. */
const TAKEN: ReadonlySet<RoomServerMessage['type']> = new Set(['answer', 'iceCandidate']);

/**
 * Puts a stand-in before a camera of this process: viewers that take no pictures are its own from now on, those that wait
 * included. The camera still hears who wants it and who left, so that it knows when to film, but nothing of offers and
 * answers.
 * @returns false when there is no such camera any more
 */
export function openStandIn(state: RoomState, clientId: string, standIn: RoomStandIn): boolean {
  const client = state.clients.get(clientId);
  if (client === undefined) return false;
  const { sessions } = state;
  const hears = (viewerId: string): boolean => sessions.get(viewerId, clientId)?.pictures !== 'wanted';
  client.port = portWithStandIn(client.port, { hears, handle: (message) => standIn.handle(message) });
  client.gone = () => standIn.gone();
  for (const { camera, deadline, pictures, viewerId, requestId, room, cameraId } of sessions.of(clientId)) {
    if (camera !== clientId || deadline === undefined || pictures === 'wanted') continue;
    queueMicrotask(() => standIn.handle({ type: 'viewerRequest', viewerId, requestId, room, cameraId }));
  }
  return true;
}

const portWithStandIn = (
  port: RoomPort,
  to: {
    readonly hears: (viewerId: string) => boolean;
    readonly handle: (message: RoomServerMessage) => void;
  },
): RoomPort => ({
  ...port,
  send: (text, options) => {
    const message = parseRoomServerMessage(text);
    const taken = TAKEN.has(message.type);
    const shared = message.type === 'viewerRequest' || message.type === 'viewerLeft';
    if (!taken) port.send(text, options);
    if (taken || (shared && to.hears(message.viewerId))) queueMicrotask(() => to.handle(message));
  },
});
