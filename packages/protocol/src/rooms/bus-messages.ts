import * as z from 'zod/mini';
import { parseRoomMessage } from './parse-room-message.ts';
import { capabilitiesField } from './session-parts.ts';

const id = z.string().check(z.minLength(1), z.maxLength(64));
const name = z.string().check(z.minLength(1), z.maxLength(64));
const count = z.int().check(z.nonnegative());
const sequence = { node: id, seq: count };

/** A member as the other processes know it. */
const memberRecordSchema = z.object({
  clientId: id,
  room: name,
  deviceType: z.enum(['camera', 'viewer']),
  cameraId: z.optional(name),
  name: z.optional(z.string().check(z.maxLength(128))),
  capabilities: z.optional(capabilitiesField),
  /** A hash of what the client shows to prove that it is this one. */
  proof: z.string().check(z.maxLength(128)),
  /** Whose token it came by, as a hash; left out where that proves nothing. */
  owner: z.optional(z.string().check(z.maxLength(128))),
  /** How often the camera id was taken over by somebody who proved to be its owner. */
  epoch: count,
  /** When the camera id was claimed, in milliseconds since 1970; decides between two at once. */
  since: z.number(),
});

/** What the processes of one set of rooms say to each other. */
const busMessageSchema = z.discriminatedUnion('type', [
  /** A member came, or changed its room or role; one of the same id is replaced. */
  z.object({ type: z.literal('up'), ...sequence, member: memberRecordSchema }),
  z.object({ type: z.literal('down'), ...sequence, clientId: id, reason: z.string().check(z.maxLength(64)) }),
  /** The node lives; `seq` tells those who missed something. */
  z.object({ type: z.literal('beat'), ...sequence }),
  /** All members of the node. */
  z.object({ type: z.literal('all'), ...sequence, members: z.array(memberRecordSchema) }),
  /** Please send `all`. */
  z.object({ type: z.literal('sync'), node: id }),
  /** The node ends; all of its members are gone. */
  z.object({ type: z.literal('bye'), node: id }),
  /** For one client of the node that it is sent to. */
  z.object({
    type: z.literal('deliver'),
    node: id,
    to: id,
    from: id,
    text: z.string(),
    /** The text is an offer. */
    offer: z.optional(z.boolean()),
  }),
  /** A viewer wants a camera of the node that it is sent to. */
  z.object({
    type: z.literal('request'),
    node: id,
    viewerId: id,
    camera: id,
    requestId: z.string().check(z.maxLength(64)),
  }),
  /** A viewer's session with a camera is over. */
  z.object({ type: z.literal('unview'), node: id, viewerId: id, camera: id }),
  /** The camera refused the viewer. */
  z.object({
    type: z.literal('reject'),
    node: id,
    viewerId: id,
    camera: id,
    requestId: z.optional(z.string()),
    reason: z.optional(z.string()),
  }),
  /** Is this client alive? Somebody wants its camera id. */
  z.object({ type: z.literal('probe'), node: id, clientId: id }),
  z.object({ type: z.literal('alive'), node: id, clientId: id }),
]);

/** What the processes of one set of rooms say to each other; `node` is who says it. */
export type RoomBusMessage = z.infer<typeof busMessageSchema>;

/** A member as the other processes know it. */
export type MemberRecord = z.infer<typeof memberRecordSchema>;

/**
 * Parses what another process sent.
 * @throws {RoomMessageError} `rooms/json`, `rooms/unknown-message`, `rooms/message`; for any text whatsoever, nothing else
 */
export const parseRoomBusMessage = (text: string): RoomBusMessage => parseRoomMessage(text, busMessageSchema);

/** The text of a message between processes. */
export const serializeRoomBusMessage = (message: RoomBusMessage): string => JSON.stringify(message);
