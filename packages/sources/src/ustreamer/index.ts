export { type ListedSlot, listSlots, type SlotListing } from './list-slots.ts';
export type { UstreamerCounters } from './ustreamer-counters.ts';
export { type UstreamerCode, UstreamerError } from './ustreamer-error.ts';
export { createUstreamerSource, UstreamerSource, type UstreamerSourceOptions } from './ustreamer-source.ts';
