import {
  parseRoomServerMessage,
  type RoomClientMessageInput,
  type RoomServerMessage,
  serializeRoomClientMessage,
} from '@pinhole/protocol/rooms';
import type { RoomClient, RoomPort } from '../room-client.ts';
import type { RoomState } from '../room-state.ts';

/** Somebody who speaks WebRTC for a camera that sends pictures alone. */
export interface RoomStandIn {
  /** Takes what concerns the viewers that are its own. */
  handle(message: RoomServerMessage): void;
  /** The camera's connection is gone, or it speaks for itself; called once. */
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
 * @returns undefined when there is no such camera any more, or when it speaks WebRTC itself
 */
export function openStandIn(
  state: RoomState,
  clientId: string,
  {
    standIn,
    receive,
  }: { readonly standIn: RoomStandIn; readonly receive: (client: RoomClient, text: string) => void },
): SpeakAs | undefined {
  const client = state.clients.get(clientId);
  const ways = state.directory.get(clientId)?.capabilities?.transports;
  if (client === undefined || client.speaksWebRtc || client.standIn || ways?.includes('webrtc') === true)
    return undefined;
  const { sessions } = state;
  const { port } = client;
  const hears = (viewerId: string): boolean => sessions.get(viewerId, clientId)?.pictures !== 'wanted';
  const own = {
    speaking: false,
    gone: (): void => {
      client.port = port;
      client.standIn = undefined;
      standIn.gone();
    },
  };
  const handle = (message: RoomServerMessage): void =>
    queueMicrotask(() => {
      if (client.standIn === own) standIn.handle(message);
    });
  client.standIn = own;
  client.port = portWithStandIn(port, { hears, handle });
  for (const { camera, deadline, pictures, viewerId, requestId, room, cameraId } of sessions.of(clientId)) {
    if (camera !== clientId || deadline === undefined || pictures === 'wanted') continue;
    handle({ type: 'viewerRequest', viewerId, requestId, room, cameraId });
  }
  return (message) => {
    if (client.standIn !== own) return;
    own.speaking = true;
    try {
      receive(client, serializeRoomClientMessage(message));
    } finally {
      own.speaking = false;
    }
  };
}

/** A client made an offer: a camera that does so itself needs nobody who does it for it. */
export function noteOffer(client: RoomClient): void {
  if (client.standIn?.speaking === true) return;
  client.speaksWebRtc = true;
  client.standIn?.gone();
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
    if (taken || (shared && to.hears(message.viewerId))) to.handle(message);
  },
});
