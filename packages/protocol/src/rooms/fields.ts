import * as z from 'zod/mini';

/** The longest name of a room, camera or client, in UTF-16 units after trimming and NFC. */
export const MAX_NAME_CHARS = 64;

/** Control characters, invisible ones, halves of a character and private ones: what cannot be told apart or printed. */
const PRINTABLE = /^[^\p{Cc}\p{Cf}\p{Cs}\p{Co}]+$/u;

const printable = (characters: number) =>
  z
    .string()
    .check(
      z.trim(),
      z.normalize('NFC'),
      z.minLength(1),
      z.maxLength(characters),
      z.regex(PRINTABLE, 'has characters that cannot be printed'),
    );

/** A room's name or a camera's id: 1 to 64 printable characters, trimmed, NFC. Any of them may mean something in HTML. */
export const nameField = printable(MAX_NAME_CHARS);

/** Whether a text is a room's name or a camera's id as it stands: nothing of it would be trimmed or put differently. */
export const isRoomName = (text: string): boolean => z.safeParse(nameField, text).data === text;

/** What a person reads. */
export const labelField = printable(128);

/** The id that the server gave to a socket. */
export const clientIdField = z.string().check(z.minLength(1), z.maxLength(64));

/** A reason in a few words, in a form that logs can take. */
export const reasonField = printable(200);

/** What a client calls its request; some count, some use the time. */
export const requestIdField = z.pipe(
  z.union([z.string().check(z.maxLength(64)), z.number()]),
  z.transform(String),
);

/**
 * A field that counts as left out when it is `null`, `""`, `0` or `false`, as clients in the field send it.
 * What comes out is the value or undefined.
 */
export const ifGiven = <T extends z.ZodMiniType>(schema: T) =>
  z.pipe(
    z.optional(z.union([z.null(), z.literal(['', 0, false]), schema])),
    z.transform((value) => (value || undefined) as z.output<T> | undefined),
  );
