import * as z from 'zod/mini';
import { parseMessage } from './parse-message.ts';

const text = (characters: number) => z.string().check(z.maxLength(characters));
const controlId = text(64);
const value = z.union([z.number(), z.boolean(), text(1000)]);
const requestId = z.int().check(z.nonnegative());

/** A camera's controls in one message are at most so many; a menu has at most so many choices. */
export const MAX_CONTROLS = 256;

const described = {
  id: controlId,
  label: text(128),
  group: z.optional(text(64)),
  help: z.optional(text(512)),
  applies: z.enum(['live', 'restart']),
  risky: z.optional(z.literal(true)),
  inactive: z.optional(text(512)),
};

const control = z.discriminatedUnion('kind', [
  z.object({
    ...described,
    kind: z.literal('range'),
    min: z.number(),
    max: z.number(),
    step: z.number(),
    default: z.number(),
    unit: z.optional(text(32)),
    scale: z.optional(z.literal('logarithmic')),
    value: z.number(),
  }),
  z.object({ ...described, kind: z.literal('switch'), default: z.boolean(), value: z.boolean() }),
  z.object({
    ...described,
    kind: z.literal('menu'),
    options: z.array(z.object({ value: text(128), label: text(128) })).check(z.maxLength(MAX_CONTROLS)),
    default: text(128),
    value: text(1000),
  }),
  z.object({ ...described, kind: z.literal('button') }),
]);

const unkept = z.object({
  controls: z.array(z.object({ id: controlId, previous: value })).check(z.maxLength(MAX_CONTROLS)),
  by: text(64),
  revertInMs: z.number(),
});

/** What a viewer says about controls, in JSON text messages and on the data channel. */
export const controlClientMessageSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('watch-controls') }),
  z.object({
    type: z.literal('set-control'),
    requestId,
    id: controlId,
    value,
    keep: z.optional(z.literal(true)),
  }),
  z.object({ type: z.literal('reset-controls'), requestId, id: z.optional(controlId) }),
  z.object({ type: z.literal('keep-controls'), requestId }),
  z.object({ type: z.literal('revert-controls'), requestId }),
]);

/** What the server says about controls, in JSON text messages and on the data channel. */
export const controlServerMessageSchema = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('controls'),
    mayControl: z.boolean(),
    controls: z.array(control).check(z.maxLength(MAX_CONTROLS)),
    unkept: z.optional(unkept),
  }),
  z.object({ type: z.literal('control'), id: controlId, value, by: text(64) }),
  z.object({ type: z.literal('controls-unkept'), unkept: z.optional(unkept) }),
  z.object({
    type: z.literal('control-result'),
    requestId,
    value: z.optional(value),
    error: z.optional(z.object({ code: text(64), message: text(1024) })),
  }),
]);

/** A control's value. */
export type WireControlValue = z.infer<typeof value>;

/** One thing of a camera that can be changed, with its value now; a button has none. */
export type WireControl = z.infer<typeof control>;

/** Risky changes that are taken back in so many milliseconds unless somebody says to keep them. */
export type WireUnkept = z.infer<typeof unkept>;

/**
 * What a viewer says about controls. `watch-controls` asks for `controls`, and for every change from then on; the others
 * are answered by one `control-result` with the same `requestId`. `reset-controls` without an id means all.
 */
export type ControlClientMessage = z.infer<typeof controlClientMessageSchema>;

/**
 * What the server says about controls to those who asked for them. `controls` comes first, and again when there are
 * others or their limits changed; `control` is one changed value and the id of the token that changed it (`revert` when
 * it was taken back); `control-result` has the value that holds now, or an error.
 */
export type ControlServerMessage = z.infer<typeof controlServerMessageSchema>;

/**
 * Parses what the server sent as text, when it is about controls.
 * @throws {MalformedError} `live/json`, `live/unknown-message`, `live/message`; for any text whatsoever, nothing else
 */
export const parseControlServerMessage = (message: string): ControlServerMessage =>
  parseMessage(message, controlServerMessageSchema);

/** The text of a message about controls. */
export const serializeControlMessage = (message: ControlClientMessage | ControlServerMessage): string =>
  JSON.stringify(message);
