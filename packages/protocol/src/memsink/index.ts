export { identifySlot } from './identify-slot.ts';
export { type RealKind, readReal, realBytes, writeReal } from './real.ts';
export {
  parseSlotHeader,
  type SlotFrameHeader,
  serializeSlotHeader,
  type WritableSlotHeader,
} from './slot-header.ts';
export {
  realKindOf,
  SLOT_LAYOUTS,
  SLOT_MAGIC,
  SLOT_PREFIX_BYTES,
  type SlotAbi,
  type SlotFields,
  type SlotKind,
  type SlotLayout,
  type SlotLayoutName,
  slotKindOf,
  slotLayout,
} from './slot-layout.ts';
