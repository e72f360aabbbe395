import { isRoomName } from '@pinhole/protocol/rooms';
import { z } from 'zod';
import { listOf, strictObject, whole, word } from '../config/fields.ts';

/** How the rooms for signaling are served. */
export const ROOM_MODES = ['off', 'compatible', 'strict'] as const;

const nameField = z
  .string({ error: () => 'must be a name, e.g. cctv' })
  .refine(isRoomName, { error: () => 'must have 1 to 64 printable characters, and no space at its ends' });

/** `cctv/front-door` is short for room and camera id, `cctv` for the room alone. */
const inShort = (value: unknown): unknown => {
  if (typeof value !== 'string') return value;
  const [room, cameraId] = [value.split('/', 1)[0], value.split('/').slice(1).join('/')];
  return { room, ...(cameraId !== '' && { cameraId }) };
};

const place = z.preprocess(
  inShort,
  strictObject({
    room: nameField,
    cameraId: nameField.optional(),
    label: z.string().min(1).max(128).optional(),
    viewers: whole(1, 1000).default(16),
  }),
);

/** The part of the configuration that says whether and how rooms are served. */
export const roomsField = strictObject({
  mode: word(ROOM_MODES).default('off'),
  names: listOf(
    z
      .string({ error: () => 'must be names of rooms' })
      .min(1)
      .max(64),
  ).default([]),
  cameras: z
    .record(z.string(), place, {
      error: () => 'must map cameras to their place in a room, e.g. front: cctv/front-door',
    })
    .default({}),
  adopt: z
    .union([z.boolean(), z.array(nameField)], { error: () => 'must be true, false or a list of rooms' })
    .default(false),
  adoptLimit: whole(1, 1000).default(32),
  redis: z
    .string({ error: () => 'must be an address, e.g. redis://localhost:6379' })
    .refine((text) => /^rediss?:\/\//.test(text) && URL.canParse(text), {
      error: () => 'must be the address of a Redis, e.g. redis://localhost:6379',
    })
    .optional(),
  sockets: whole(1, 100_000).default(2000),
  socketsPerAddress: whole(1, 100_000).default(128),
  rooms: whole(1, 100_000).default(1000),
  membersPerRoom: whole(1, 100_000).default(500),
  camerasPerRoom: whole(1, 10_000).default(64),
  viewersPerCamera: whole(1, 10_000).default(64),
  pendingPerViewer: whole(1, 1000).default(16),
  messagesPerSecond: whole(1, 100_000).default(50),
  messagesPerSecondPerAddress: whole(1, 1_000_000).default(500),
});

/** Whether and how rooms are served. */
export type RoomsConfig = z.output<typeof roomsField>;
