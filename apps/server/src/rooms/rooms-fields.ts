import { z } from 'zod';
import { listOf, strictObject, whole, word } from '../config/fields.ts';

/** How the rooms for signaling are served. */
export const ROOM_MODES = ['off', 'compatible', 'strict'] as const;

/** The part of the configuration that says whether and how rooms are served. */
export const roomsField = strictObject({
  mode: word(ROOM_MODES).default('off'),
  names: listOf(
    z
      .string({ error: () => 'must be names of rooms' })
      .min(1)
      .max(64),
  ).default([]),
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
