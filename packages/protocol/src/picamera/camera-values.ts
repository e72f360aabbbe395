/*
 * Values of camera properties. Each value has two names: that of picamera.js up to 1.2 (`AwbCloudy`) and that of the
 * packets since (`AWB_CLOUDY`).
 */

/** What auto exposure is at: `AE_STATE`. */
export const AeStateEnum = {
  AeStateIdle: 0,
  AeStateSearching: 1,
  AeStateConverged: 2,
  AE_STATE_IDLE: 0,
  AE_STATE_SEARCHING: 1,
  AE_STATE_CONVERGED: 2,
} as const;
/** One of {@link AeStateEnum}. */
export type AeStateEnum = (typeof AeStateEnum)[keyof typeof AeStateEnum];

/** How the picture is metered for exposure: `AE_METERING_MODE`. */
export const AeMeteringModeEnum = {
  MeteringCentreWeighted: 0,
  MeteringSpot: 1,
  MeteringMatrix: 2,
  MeteringCustom: 3,
  METERING_CENTRE_WEIGHTED: 0,
  METERING_SPOT: 1,
  METERING_MATRIX: 2,
  METERING_CUSTOM: 3,
} as const;
/** One of {@link AeMeteringModeEnum}. */
export type AeMeteringModeEnum = (typeof AeMeteringModeEnum)[keyof typeof AeMeteringModeEnum];

/** What auto exposure must hold to: `AE_CONSTRAINT_MODE`. */
export const AeConstraintModeEnum = {
  ConstraintNormal: 0,
  ConstraintHighlight: 1,
  ConstraintShadows: 2,
  ConstraintCustom: 3,
  CONSTRAINT_NORMAL: 0,
  CONSTRAINT_HIGHLIGHT: 1,
  CONSTRAINT_SHADOWS: 2,
  CONSTRAINT_CUSTOM: 3,
} as const;
/** One of {@link AeConstraintModeEnum}. */
export type AeConstraintModeEnum = (typeof AeConstraintModeEnum)[keyof typeof AeConstraintModeEnum];

/** How exposure is divided between time and gain: `AE_EXPOSURE_MODE`. */
export const AeExposureModeEnum = {
  ExposureNormal: 0,
  ExposureShort: 1,
  ExposureLong: 2,
  ExposureCustom: 3,
  EXPOSURE_NORMAL: 0,
  EXPOSURE_SHORT: 1,
  EXPOSURE_LONG: 2,
  EXPOSURE_CUSTOM: 3,
} as const;
/** One of {@link AeExposureModeEnum}. */
export type AeExposureModeEnum = (typeof AeExposureModeEnum)[keyof typeof AeExposureModeEnum];

/** Who chooses the exposure time: `EXPOSURE_TIME_MODE`. */
export const ExposureTimeModeEnum = {
  ExposureTimeModeAuto: 0,
  ExposureTimeModeManual: 1,
  EXPOSURE_TIME_MODE_AUTO: 0,
  EXPOSURE_TIME_MODE_MANUAL: 1,
} as const;
/** One of {@link ExposureTimeModeEnum}. */
export type ExposureTimeModeEnum = (typeof ExposureTimeModeEnum)[keyof typeof ExposureTimeModeEnum];

/** Who chooses the analogue gain: `ANALOGUE_GAIN_MODE`. */
export const AnalogueGainModeEnum = {
  AnalogueGainModeAuto: 0,
  AnalogueGainModeManual: 1,
  ANALOGUE_GAIN_MODE_AUTO: 0,
  ANALOGUE_GAIN_MODE_MANUAL: 1,
} as const;
/** One of {@link AnalogueGainModeEnum}. */
export type AnalogueGainModeEnum = (typeof AnalogueGainModeEnum)[keyof typeof AnalogueGainModeEnum];

/** How the flicker of lamps is avoided: `AE_FLICKER_MODE`. */
export const AeFlickerModeEnum = {
  FlickerOff: 0,
  FlickerManual: 1,
  FlickerAuto: 2,
  FLICKER_OFF: 0,
  FLICKER_MANUAL: 1,
  FLICKER_AUTO: 2,
} as const;
/** One of {@link AeFlickerModeEnum}. */
export type AeFlickerModeEnum = (typeof AeFlickerModeEnum)[keyof typeof AeFlickerModeEnum];

/** What light the white is balanced for: `AWB_MODE`. */
export const AwbModeEnum = {
  AwbAuto: 0,
  AwbIncandescent: 1,
  AwbTungsten: 2,
  AwbFluorescent: 3,
  AwbIndoor: 4,
  AwbDaylight: 5,
  AwbCloudy: 6,
  AwbCustom: 7,
  AWB_AUTO: 0,
  AWB_INCANDESCENT: 1,
  AWB_TUNGSTEN: 2,
  AWB_FLUORESCENT: 3,
  AWB_INDOOR: 4,
  AWB_DAYLIGHT: 5,
  AWB_CLOUDY: 6,
  AWB_CUSTOM: 7,
} as const;
/** One of {@link AwbModeEnum}. */
export type AwbModeEnum = (typeof AwbModeEnum)[keyof typeof AwbModeEnum];

/** Who focuses: `AF_MODE`. */
export const AfModeEnum = {
  AfModeManual: 0,
  AfModeAuto: 1,
  AfModeContinuous: 2,
  AF_MODE_MANUAL: 0,
  AF_MODE_AUTO: 1,
  AF_MODE_CONTINUOUS: 2,
} as const;
/** One of {@link AfModeEnum}. */
export type AfModeEnum = (typeof AfModeEnum)[keyof typeof AfModeEnum];

/** Where focus is looked for: `AF_RANGE`. */
export const AfRangeEnum = {
  AfRangeNormal: 0,
  AfRangeMacro: 1,
  AfRangeFull: 2,
  AF_RANGE_NORMAL: 0,
  AF_RANGE_MACRO: 1,
  AF_RANGE_FULL: 2,
} as const;
/** One of {@link AfRangeEnum}. */
export type AfRangeEnum = (typeof AfRangeEnum)[keyof typeof AfRangeEnum];

/** How fast the lens moves: `AF_SPEED`. */
export const AfSpeedEnum = {
  AfSpeedNormal: 0,
  AfSpeedFast: 1,
  AF_SPEED_NORMAL: 0,
  AF_SPEED_FAST: 1,
} as const;
/** One of {@link AfSpeedEnum}. */
export type AfSpeedEnum = (typeof AfSpeedEnum)[keyof typeof AfSpeedEnum];

/** What focus is measured by: `AF_METERING`. */
export const AfMeteringEnum = {
  AfMeteringAuto: 0,
  AfMeteringWindows: 1,
  AF_METERING_AUTO: 0,
  AF_METERING_WINDOWS: 1,
} as const;
/** One of {@link AfMeteringEnum}. */
export type AfMeteringEnum = (typeof AfMeteringEnum)[keyof typeof AfMeteringEnum];

/** A focus scan: `AF_TRIGGER`. */
export const AfTriggerEnum = {
  AfTriggerStart: 0,
  AfTriggerCancel: 1,
  AF_TRIGGER_START: 0,
  AF_TRIGGER_CANCEL: 1,
} as const;
/** One of {@link AfTriggerEnum}. */
export type AfTriggerEnum = (typeof AfTriggerEnum)[keyof typeof AfTriggerEnum];

/** What becomes of continuous focus: `AF_PAUSE`. */
export const AfPauseEnum = {
  AfPauseImmediate: 0,
  AfPauseDeferred: 1,
  AfPauseResume: 2,
  AF_PAUSE_IMMEDIATE: 0,
  AF_PAUSE_DEFERRED: 1,
  AF_PAUSE_RESUME: 2,
} as const;
/** One of {@link AfPauseEnum}. */
export type AfPauseEnum = (typeof AfPauseEnum)[keyof typeof AfPauseEnum];

/** What focus is at: `AF_STATE`. */
export const AfStateEnum = {
  AfStateIdle: 0,
  AfStateScanning: 1,
  AfStateFocused: 2,
  AfStateFailed: 3,
  AF_STATE_IDLE: 0,
  AF_STATE_SCANNING: 1,
  AF_STATE_FOCUSED: 2,
  AF_STATE_FAILED: 3,
} as const;
/** One of {@link AfStateEnum}. */
export type AfStateEnum = (typeof AfStateEnum)[keyof typeof AfStateEnum];

/** Whether continuous focus rests: `AF_PAUSE_STATE`. */
export const AfPauseStateEnum = {
  AfPauseStateRunning: 0,
  AfPauseStatePausing: 1,
  AfPauseStatePaused: 2,
  AF_PAUSE_STATE_RUNNING: 0,
  AF_PAUSE_STATE_PAUSING: 1,
  AF_PAUSE_STATE_PAUSED: 2,
} as const;
/** One of {@link AfPauseStateEnum}. */
export type AfPauseStateEnum = (typeof AfPauseStateEnum)[keyof typeof AfPauseStateEnum];

/** How exposures are merged: `HDR_MODE`. */
export const HdrModeEnum = {
  HdrModeOff: 0,
  HdrModeMultiExposureUnmerged: 1,
  HdrModeMultiExposure: 2,
  HdrModeSingleExposure: 3,
  HdrModeNight: 4,
  HDR_MODE_OFF: 0,
  HDR_MODE_MULTI_EXPOSURE_UNMERGED: 1,
  HDR_MODE_MULTI_EXPOSURE: 2,
  HDR_MODE_SINGLE_EXPOSURE: 3,
  HDR_MODE_NIGHT: 4,
} as const;
/** One of {@link HdrModeEnum}. */
export type HdrModeEnum = (typeof HdrModeEnum)[keyof typeof HdrModeEnum];

/** Which exposure of an HDR camera this is: `HDR_CHANNEL`. */
export const HdrChannelEnum = {
  HdrChannelNone: 0,
  HdrChannelShort: 1,
  HdrChannelMedium: 2,
  HdrChannelLong: 3,
  HDR_CHANNEL_NONE: 0,
  HDR_CHANNEL_SHORT: 1,
  HDR_CHANNEL_MEDIUM: 2,
  HDR_CHANNEL_LONG: 3,
} as const;
/** One of {@link HdrChannelEnum}. */
export type HdrChannelEnum = (typeof HdrChannelEnum)[keyof typeof HdrChannelEnum];

/** Any value that has a name. Properties without named values take any whole number. */
export type CameraPropertyValue =
  | AeStateEnum
  | AeMeteringModeEnum
  | AeConstraintModeEnum
  | AeExposureModeEnum
  | ExposureTimeModeEnum
  | AnalogueGainModeEnum
  | AeFlickerModeEnum
  | AwbModeEnum
  | AfModeEnum
  | AfRangeEnum
  | AfSpeedEnum
  | AfMeteringEnum
  | AfTriggerEnum
  | AfPauseEnum
  | AfStateEnum
  | AfPauseStateEnum
  | HdrModeEnum
  | HdrChannelEnum;
