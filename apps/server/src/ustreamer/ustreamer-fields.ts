import { PinholeError } from '@pinhole/core';
import { SLOT_LAYOUTS, type SlotLayoutName, slotKindOf } from '@pinhole/protocol/memsink';
import { z } from 'zod';
import { parsedText, strictObject, whole, word } from '../config/fields.ts';

const slotName = parsedText((text) => {
  if (/^[^/\s]{1,100}$/.test(text)) return text;
  throw new PinholeError(
    'config/slot',
    `"${text.slice(0, 100)}" is no name of a slot; write 1 to 100 characters without / and spaces`,
  );
}, 'the name of a slot, e.g. pinhole::door::h264');

const MODE_WORDS = 'must be three octal digits as chmod takes them, the first 6 or 7, e.g. 660';

/** Digits as `chmod` takes them, so 660 means 0o660; whoever owns the slot must be able to read and write it. */
const modeField = whole(600, 777).refine((digits) => /^[67][0-7]{2}$/.test(String(digits)), MODE_WORDS);

/** The name of one layout among all. */
const LAYOUTS = SLOT_LAYOUTS as readonly [SlotLayoutName, ...SlotLayoutName[]];

/** The layouts whose readers take the end of a slot's name for what is in it. */
const takesAnyName = (layout: SlotLayoutName): boolean => ['A1', 'A2', 'A3', 'A4'].includes(layout);

/** The part of a camera's configuration that publishes it for the readers of µStreamer. */
export const ustreamerField = z.preprocess(
  // `ustreamer: pinhole::door::h264` is short for its H.264 alone.
  (value) => (typeof value === 'string' ? { h264: value } : value),
  strictObject({
    h264: slotName.optional(),
    jpeg: slotName.optional(),
    mode: modeField.default(660),
    rm: z.boolean({ error: () => 'must be true or false' }).default(true),
    layout: word(LAYOUTS).default('C10'),
  }),
);

/** How a camera is published for the readers of µStreamer. */
export type UstreamerConfig = z.output<typeof ustreamerField>;

/**
 * Says what is wrong with the slots of several cameras taken together.
 * @param fault takes the camera's id, the key and the sentence
 */
export function checkSlots(
  cameras: Readonly<Record<string, { readonly ustreamer?: UstreamerConfig | undefined }>>,
  fault: (camera: string, key: readonly string[], message: string) => void,
): void {
  const owners = new Map<string, string>();
  for (const [id, { ustreamer }] of Object.entries(cameras)) {
    if (!ustreamer) continue;
    if (ustreamer.h264 === undefined && ustreamer.jpeg === undefined)
      fault(id, [], `must name a slot, e.g. h264: pinhole::${id}::h264`);
    for (const kind of ['h264', 'jpeg'] as const) {
      const name = ustreamer[kind];
      if (name === undefined) continue;
      if (!takesAnyName(ustreamer.layout) && slotKindOf(name) !== kind)
        fault(
          id,
          [kind],
          `must end in ::${kind}: the readers of layout ${ustreamer.layout} refuse other names`,
        );
      const owner = owners.get(name);
      if (owner !== undefined)
        fault(id, [kind], `is a slot of camera "${owner}" already; each needs its own`);
      owners.set(name, id);
    }
  }
}
