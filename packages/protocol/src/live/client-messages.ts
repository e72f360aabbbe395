import * as z from 'zod/mini';
import { controlClientMessageSchema } from './control-messages.ts';
import { parseMessage } from './parse-message.ts';

/** What a viewer says about the pictures, in JSON text messages and on the data channel. */
export const liveClientMessageSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('ping'), clientTimeMs: z.number() }),
  z.object({ type: z.literal('pause') }),
  z.object({ type: z.literal('resume') }),
  z.object({ type: z.literal('key-frame') }),
  z.object({ type: z.literal('bye') }),
]);

/** All that a viewer says: about the pictures, and about controls. */
export const anyClientMessageSchema = z.discriminatedUnion('type', [
  liveClientMessageSchema,
  controlClientMessageSchema,
]);

/** What a viewer says: clock exchange, hidden page and back, a key frame please, goodbye. */
export type LiveClientMessage = z.infer<typeof liveClientMessageSchema>;

/** All that a viewer says: about the pictures, and about controls. */
export type AnyClientMessage = z.infer<typeof anyClientMessageSchema>;

/**
 * Parses what a viewer sent about the pictures. Fields that it does not know are left out.
 * @throws {MalformedError} `live/json`, `live/unknown-message`, `live/message`; for any text whatsoever, nothing else
 */
export const parseLiveClientMessage = (text: string): LiveClientMessage =>
  parseMessage(text, liveClientMessageSchema);

/**
 * Parses whatever a viewer sent as text. Fields that it does not know are left out.
 * @throws {MalformedError} `live/json`, `live/unknown-message`, `live/message`; for any text whatsoever, nothing else
 */
export const parseAnyClientMessage = (text: string): AnyClientMessage =>
  parseMessage(text, anyClientMessageSchema);
