export { type ListedSlot, listSlots, type SlotListing } from './list-slots.ts';
export type { UstreamerCounters } from './ustreamer-counters.ts';
export { type UstreamerCode, UstreamerError } from './ustreamer-error.ts';
export type { UstreamerSourceOptions } from './ustreamer-options.ts';
export { createUstreamerSource, UstreamerSource } from './ustreamer-source.ts';
