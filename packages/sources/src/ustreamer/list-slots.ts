import { readdir } from 'node:fs/promises';
import { MalformedError, messageOf } from '@pinhole/core';
import { peekSlot, SLOT_FOLDER } from '@pinhole/native';
import { identifySlot, type SlotLayout } from '@pinhole/protocol/memsink';

/** A slot that was found in shared memory. */
export interface ListedSlot {
  readonly name: string;
  readonly layout: SlotLayout;
}

/** What was found; `faults` are slots of which more cannot be told, with why. */
export interface SlotListing {
  readonly slots: readonly ListedSlot[];
  readonly faults: readonly { readonly name: string; readonly why: string }[];
}

/** Names that look like a slot of µStreamer, where nothing but the name can be read. */
const LOOKS_LIKE_ONE = /ustreamer|:(?:h264|jpeg|raw)$/i;

/** Finds the slots on this machine by what is in them; nothing is written into them. */
export async function listSlots(): Promise<SlotListing> {
  const names = await readdir(SLOT_FOLDER).catch(() => []);
  const slots: ListedSlot[] = [];
  const faults: { readonly name: string; readonly why: string }[] = [];
  for (const name of names) {
    try {
      const { prefix, size } = peekSlot(name);
      const layout = identifySlot(prefix, size);
      if (layout) slots.push({ name, layout });
    } catch (thrown) {
      const unknown = thrown instanceof MalformedError && thrown.code !== 'memsink/too-short';
      if (unknown || LOOKS_LIKE_ONE.test(name)) faults.push({ name, why: messageOf(thrown) });
    }
  }
  return { slots, faults };
}
