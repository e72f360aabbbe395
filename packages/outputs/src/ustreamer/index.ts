export type { CameraSlotCounters } from './camera-slot.ts';
export { CameraSlots, type CameraSlotsOptions } from './camera-slots.ts';
export {
  type SlotCounters,
  type SlotOutcome,
  type SlotPicture,
  SlotPublisher,
  type SlotTarget,
} from './slot-publisher.ts';
