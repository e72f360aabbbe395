export { idOf } from './controls/control-desk.ts';
export { CONTROL_NAMES, type ControlName } from './controls/control-names.ts';
export { type DeviceControl, deviceControls } from './controls/device-controls.ts';
export type { ChosenMode, FormatWish, ModeWish } from './device/choose-mode.ts';
export { chooseMode, modeInWords } from './device/choose-mode.ts';
export { type ListedV4l2Device, listV4l2Devices, type V4l2Listing } from './device/list-devices.ts';
export type {
  Capture,
  CaptureCounters,
  CapturedFrame,
  CaptureMode,
  V4l2Access,
} from './device/v4l2-access.ts';
export { v4l2Ctl } from './device/v4l2-ctl.ts';
export type { V4l2Control, V4l2Device, V4l2Format, V4l2Size } from './device/v4l2-device.ts';
export { type V4l2Code, V4l2Error } from './v4l2-error.ts';
export type { V4l2Counters, V4l2SourceOptions } from './v4l2-options.ts';
export { createV4l2Source, type V4l2Source } from './v4l2-source.ts';
