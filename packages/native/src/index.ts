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
  SlotReader,
  type SlotReaderOptions,
  SlotWriter,
  type SlotWriterOptions,
} from './slot.ts';
export { type DescribedSlotLayout, nativeSlotLayout } from './slot-layout.ts';
