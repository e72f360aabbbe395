import * as z from 'zod/mini';
import type { LiveClientMessage } from './client-messages.ts';
import { parseMessage } from './parse-message.ts';

const shortText = z.string().check(z.maxLength(1024));
const count = z.int().check(z.nonnegative());
const timeMs = z.number();
const timeUs = z.number();
const pixels = z.int().check(z.positive(), z.lte(65_536));

/** What a source is doing, as it crosses the wire. */
export const sourceStateSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('idle') }),
  z.object({ kind: z.literal('connecting') }),
  z.object({ kind: z.literal('live') }),
  z.object({ kind: z.literal('retrying'), code: shortText, why: shortText, retryInMs: timeMs }),
  z.object({ kind: z.literal('failed'), code: shortText, why: shortText }),
]);

/** What the server says, in JSON text messages and on the data channel. */
export const liveServerMessageSchema = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('hello'),
    camera: shortText,
    codec: z.optional(shortText),
    width: z.optional(pixels),
    height: z.optional(pixels),
    jpeg: z.optional(z.boolean()),
    serverTimeUs: timeUs,
  }),
  z.object({
    type: z.literal('config'),
    codec: shortText,
    width: pixels,
    height: pixels,
    bFrames: z.boolean(),
  }),
  z.object({ type: z.literal('pong'), clientTimeMs: timeMs, serverTimeUs: timeUs }),
  z.object({
    type: z.literal('status'),
    source: sourceStateSchema,
    lastCaptureUs: z.optional(timeUs),
    lastSequence: z.optional(z.number()),
  }),
  z.object({
    type: z.literal('delivery'),
    stream: z.enum(['main', 'sub']),
    pictures: z.enum(['all', 'reference', 'keys']),
    why: z.optional(z.enum(['queue', 'loss', 'estimate'])),
    bitsPerSecond: z.optional(z.number()),
    counts: z.optional(z.object({ changes: count, leftOut: count, subRefusals: count })),
  }),
  z.object({ type: z.literal('anchor'), rtpTimestamp: z.number(), captureUs: timeUs }),
  z.object({ type: z.literal('error'), code: shortText, message: shortText }),
  z.object({ type: z.literal('bye'), code: shortText, reason: shortText }),
]);

/** What a source is doing, as it crosses the wire; an engine's `SourceState` fits. */
export type LiveSourceState = z.infer<typeof sourceStateSchema>;

/**
 * What the server says. `hello` comes first and tells by `jpeg` whether the camera makes JPEG pictures itself, `config` before the first picture and at each change of codec or size,
 * `status` every second and at each change of the source, `bye` before the server closes. `anchor` ties RTP time to
 * capture time and exists on the data channel only, and so does `delivery`: what of the picture this viewer is sent, and
 * why less than all, with how often that changed, how many pictures were left out, and how often the smaller stream could
 * not be used; it comes at each change, once a second while those grow, and nobody who misses it knows other than that all is
 * sent. `sequence` numbers here are those of the binary header.
 */
export type LiveServerMessage = z.infer<typeof liveServerMessageSchema>;

/** The text of a message. */
export const serializeLiveMessage = (message: LiveClientMessage | LiveServerMessage): string =>
  JSON.stringify(message);

/**
 * Parses what the server sent as text. Fields that it does not know are left out; `live/unknown-message` is what a newer
 * server's message gives, and is best passed over.
 * @throws {MalformedError} `live/json`, `live/unknown-message`, `live/message`; for any text whatsoever, nothing else
 */
export const parseLiveServerMessage = (text: string): LiveServerMessage =>
  parseMessage(text, liveServerMessageSchema);
