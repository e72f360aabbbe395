import * as z from 'zod/mini';
import { clientIdField, ifGiven, labelField, nameField, reasonField, requestIdField } from './fields.ts';
import { parseRoomMessage } from './parse-room-message.ts';
import { answerField, candidateField, capabilitiesField, offerField } from './session-parts.ts';

/** The room of those who name none. */
export const DEFAULT_ROOM = 'default';

const count = z.number().check(z.gte(0), z.lte(Number.MAX_SAFE_INTEGER));
const optionalRequestId = z.optional(z.nullable(requestIdField));

/** What a client says in JSON text messages. Fields that it does not know are left out. */
export const roomClientMessageSchema = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('join'),
    room: z.pipe(
      ifGiven(nameField),
      z.transform((room) => room ?? DEFAULT_ROOM),
    ),
    deviceType: ifGiven(z.enum(['camera', 'viewer'])),
    cameraId: ifGiven(nameField),
    name: ifGiven(labelField),
    capabilities: z.optional(z.nullable(capabilitiesField)),
  }),
  z.object({ type: z.literal('leave') }),
  z.object({ type: z.literal('offer'), target: clientIdField, sdp: z.optional(offerField) }),
  z.object({ type: z.literal('answer'), target: clientIdField, sdp: z.optional(answerField) }),
  z.object({
    type: z.literal('iceCandidate'),
    target: clientIdField,
    candidate: z.optional(candidateField),
  }),
  z.object({
    type: z.literal('requestStream'),
    cameraId: nameField,
    requestId: optionalRequestId,
    /** With `jpeg` the viewer also takes pictures as binary messages. */
    transports: z.optional(z.nullable(z.array(z.string().check(z.maxLength(32))).check(z.maxLength(16)))),
  }),
  z.object({ type: z.literal('stopStream'), cameraId: nameField }),
  z.object({
    type: z.literal('rejectStream'),
    viewerId: clientIdField,
    requestId: optionalRequestId,
    reason: ifGiven(reasonField),
  }),
  z.object({ type: z.literal('listCameras'), requestId: optionalRequestId }),
  z.object({ type: z.literal('ping'), t: z.optional(z.nullable(z.number())) }),
  z.object({ type: z.literal('auth'), token: z.string().check(z.minLength(1), z.maxLength(512)) }),
  z.object({ type: z.literal('resume'), resumeToken: z.string().check(z.minLength(1), z.maxLength(128)) }),
  z.object({
    type: z.literal('cameraStatus'),
    cameraId: ifGiven(nameField),
    streaming: z.optional(z.boolean()),
    viewers: z.optional(count),
    timestamp: z.optional(count),
  }),
  z.object({
    type: z.literal('frameInfo'),
    cameraId: ifGiven(nameField),
    size: z.optional(count),
    width: z.optional(count),
    height: z.optional(count),
    timestamp: z.optional(count),
    viewers: z.optional(count),
  }),
]);

/**
 * What a client said, as the server reads it: names trimmed and in NFC, a missing room is `default`, request ids are
 * text. `join` with another room moves; `leave` leaves for none.
 */
export type RoomClientMessage = z.output<typeof roomClientMessageSchema>;

/** What a client may write. */
export type RoomClientMessageInput = z.input<typeof roomClientMessageSchema>;

/** One message of a client, by its type. */
export type RoomClientMessageOf<Type extends RoomClientMessage['type']> = Extract<
  RoomClientMessage,
  { readonly type: Type }
>;

/**
 * Parses what a client sent as text.
 * @throws {RoomMessageError} `rooms/json`, `rooms/unknown-message`, `rooms/message`; for any text whatsoever, nothing else
 */
export const parseRoomClientMessage = (text: string): RoomClientMessage =>
  parseRoomMessage(text, roomClientMessageSchema);

/** The text of a client's message. */
export const serializeRoomClientMessage = (message: RoomClientMessageInput): string =>
  JSON.stringify(message);
