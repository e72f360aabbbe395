export { listRpicamDevices, type RpicamDevice } from './devices/list-rpicam-devices.ts';
export { type ListedCamera, parseCameraList, type RpicamMode } from './devices/parse-camera-list.ts';
export { type LibcameraFlagOptions, libcameraFlags, type RpicamEncoder } from './flags/libcamera-flags.ts';
export { type RaspividFlagOptions, raspividFlags } from './flags/raspivid-flags.ts';
export type { FindProgramOptions } from './program/find-program.ts';
export type { RpicamCode, RpicamFailure } from './rpicam-code.ts';
export type { RpicamCounters } from './rpicam-counters.ts';
export { createRpicamSource, RpicamSource, type RpicamSourceOptions } from './rpicam-source.ts';
export { RASPICAM_OPTIONS, type RaspicamOption } from './settings/raspicam-options.ts';
export { RPICAM_DEFAULTS, RPICAM_SETTING_NAMES, readRpicamSettings } from './settings/read-settings.ts';
export {
  bitrateOf,
  gopFramesOf,
  levelOf,
  type RpicamSettingId,
  type RpicamSettings,
  sizeOf,
} from './settings/rpicam-settings.ts';
export type { RpicamSetting } from './settings/setting-kinds.ts';
export { RPICAM_SETTINGS } from './settings/setting-table.ts';
