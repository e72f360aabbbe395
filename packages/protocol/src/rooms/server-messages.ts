import * as z from 'zod/mini';
import { parseRoomMessage } from './parse-room-message.ts';
import { answerField, candidateField, capabilitiesField, offerField } from './session-parts.ts';

// A client takes what its server says: lengths are bounded by the message, and words may be newer than it.
const text = z.string();
const deviceType = z.enum(['camera', 'viewer']);
const requestId = z.optional(text);

const iceServer = z.object({
  urls: z.union([text, z.array(text)]),
  username: z.optional(text),
  credential: z.optional(text),
});

const camera = {
  cameraId: text,
  clientId: text,
  name: z.optional(text),
  capabilities: z.optional(capabilitiesField),
  /** Left out for cameras of other servers. */
  viewers: z.optional(z.number()),
};

/** What the server says in JSON text messages. Clients leave out fields, and pass over types, that they do not know. */
export const roomServerMessageSchema = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('welcome'),
    clientId: text,
    protocol: z.optional(z.number()),
    serverTime: z.optional(text),
    iceServers: z.optional(z.array(iceServer)),
    pingIntervalMs: z.optional(z.number()),
    resumeToken: z.optional(text),
    authRequired: z.optional(z.boolean()),
  }),
  z.object({
    type: z.literal('authenticated'),
    clientId: text,
    iceServers: z.optional(z.array(iceServer)),
  }),
  z.object({
    type: z.literal('joined'),
    room: text,
    clientId: z.optional(text),
    members: z.optional(z.array(z.object({ clientId: text, deviceType, cameraId: z.optional(text) }))),
    cameras: z.optional(z.array(z.object(camera))),
    iceServers: z.optional(z.array(iceServer)),
  }),
  z.object({ type: z.literal('left'), room: text }),
  z.object({ type: z.literal('clientJoined'), clientId: text, deviceType, cameraId: z.optional(text) }),
  z.object({
    type: z.literal('clientDisconnected'),
    clientId: text,
    deviceType: z.optional(deviceType),
    cameraId: z.optional(text),
    reason: z.optional(text),
  }),
  z.object({ type: z.literal('cameraAvailable'), ...camera }),
  z.object({ type: z.literal('cameraUnavailable'), cameraId: text, clientId: text }),
  z.object({
    type: z.literal('cameraNotFound'),
    cameraId: text,
    requestId,
    room: z.optional(text),
  }),
  z.object({ type: z.literal('cameraList'), cameras: z.array(z.object(camera)), requestId }),
  z.object({
    type: z.literal('viewerRequest'),
    viewerId: text,
    requestId,
    room: z.optional(text),
    cameraId: z.optional(text),
    iceServers: z.optional(z.array(iceServer)),
  }),
  z.object({ type: z.literal('viewerLeft'), viewerId: text, cameraId: z.optional(text) }),
  z.object({ type: z.literal('streamRejected'), cameraId: text, requestId, reason: z.optional(text) }),
  z.object({
    type: z.literal('cameraStatus'),
    cameraId: text,
    clientId: z.optional(text),
    streaming: z.optional(z.boolean()),
    viewers: z.optional(z.number()),
    timestamp: z.optional(z.number()),
  }),
  /** The next binary message is a picture of this camera. */
  z.object({ type: z.literal('frameInfo'), cameraId: text, clientId: z.optional(text), size: z.number() }),
  z.object({ type: z.literal('offer'), sender: text, sdp: z.optional(offerField) }),
  z.object({ type: z.literal('answer'), sender: text, sdp: z.optional(answerField) }),
  z.object({ type: z.literal('iceCandidate'), sender: text, candidate: z.optional(candidateField) }),
  z.object({ type: z.literal('pong'), t: z.optional(z.number()) }),
  z.object({
    type: z.literal('error'),
    code: text,
    message: text,
    re: z.optional(text),
    requestId,
    retryAfterMs: z.optional(z.number()),
  }),
]);

/** What the server says. */
export type RoomServerMessage = z.infer<typeof roomServerMessageSchema>;

/** One message of the server, by its type. */
export type RoomServerMessageOf<Type extends RoomServerMessage['type']> = Extract<
  RoomServerMessage,
  { readonly type: Type }
>;

/**
 * Parses what the server sent as text.
 * @throws {RoomMessageError} `rooms/json`, `rooms/unknown-message`, `rooms/message`; for any text whatsoever, nothing else
 */
export const parseRoomServerMessage = (message: string): RoomServerMessage =>
  parseRoomMessage(message, roomServerMessageSchema);

/** The text of a server's message. */
export const serializeRoomServerMessage = (message: RoomServerMessage): string => JSON.stringify(message);
