export {
  type LoadedAddon,
  loadAddon,
  type NativeFanoutCounters,
  type NativeViewerCounters,
  type SlotReaderCounters,
} from './addon.ts';
export {
  NativeFanout,
  type NativeFanoutOptions,
  NativeSocket,
  NativeViewer,
  type NativeViewerOptions,
} from './native-fanout.ts';
export type { NativeRun } from './posted-runs.ts';
export {
  clockSeconds,
  type NativeSlotLayout,
  peekSlot,
  type SlotEnd,
  type SlotFrame,
  type SlotPublication,
  SlotReader,
  type SlotReaderOptions,
  SlotWriter,
  type SlotWriterOptions,
} from './slot.ts';
export { SLOT_FOLDER, slotFile } from './slot-file.ts';
export { type SlotHolders, slotHolders } from './slot-holders.ts';
export { type DescribedSlotLayout, nativeSlotLayout } from './slot-layout.ts';
