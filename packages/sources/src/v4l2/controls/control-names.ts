import type { ControlGroup } from '@pinhole/engine';

/** How a control of V4L2 is called here, where it is not by its own name with hyphens. */
export interface ControlName {
  readonly id: string;
  readonly label: string;
  readonly group?: ControlGroup;
  readonly unit?: string;
  /** Our value is the device's times this. */
  readonly factor?: number;
}

const exposureMode: ControlName = { id: 'exposure', label: 'Exposure', group: 'Exposure' };
/** V4L2 counts in units of 100 µs. */
const shutter: ControlName = {
  id: 'shutter',
  label: 'Exposure time',
  group: 'Exposure',
  unit: 'µs',
  factor: 100,
};
const priority: ControlName = {
  id: 'exposure-dynamic-framerate',
  label: 'Fewer pictures in the dark',
  group: 'Exposure',
};
const awb: ControlName = { id: 'awb', label: 'Automatic white balance', group: 'White balance' };
const autofocus: ControlName = { id: 'autofocus', label: 'Automatic focus', group: 'Focus' };

/**
 * Controls whose name has a meaning beyond V4L2, or that were renamed in Linux 5.17 (`exposure_auto` became
 * `auto_exposure`, and so on).
 */
export const CONTROL_NAMES: Readonly<Record<string, ControlName>> = {
  auto_exposure: exposureMode,
  exposure_auto: exposureMode,
  exposure_time_absolute: shutter,
  exposure_absolute: shutter,
  exposure_dynamic_framerate: priority,
  exposure_auto_priority: priority,
  auto_exposure_bias: { id: 'ev', label: 'Exposure compensation', group: 'Exposure' },
  exposure_metering_mode: { id: 'metering', label: 'Metering', group: 'Exposure' },
  iso_sensitivity: { id: 'iso', label: 'ISO', group: 'Exposure' },
  gain: { id: 'gain', label: 'Gain', group: 'Exposure' },
  white_balance_automatic: awb,
  white_balance_temperature_auto: awb,
  white_balance_temperature: {
    id: 'white-balance-temperature',
    label: 'White balance temperature',
    group: 'White balance',
    unit: 'K',
  },
  focus_automatic_continuous: autofocus,
  focus_auto: autofocus,
  focus_absolute: { id: 'focus', label: 'Focus', group: 'Focus' },
  zoom_absolute: { id: 'zoom', label: 'Zoom', group: 'Camera' },
  pan_absolute: { id: 'pan', label: 'Pan', group: 'Camera' },
  tilt_absolute: { id: 'tilt', label: 'Tilt', group: 'Camera' },
  horizontal_flip: { id: 'hflip', label: 'Mirror', group: 'Picture' },
  vertical_flip: { id: 'vflip', label: 'Upside down', group: 'Picture' },
  rotate: { id: 'rotation', label: 'Rotation', group: 'Picture' },
  brightness: { id: 'brightness', label: 'Brightness', group: 'Picture' },
  contrast: { id: 'contrast', label: 'Contrast', group: 'Picture' },
  saturation: { id: 'saturation', label: 'Saturation', group: 'Picture' },
  hue: { id: 'hue', label: 'Hue', group: 'Picture' },
  gamma: { id: 'gamma', label: 'Gamma', group: 'Picture' },
  sharpness: { id: 'sharpness', label: 'Sharpness', group: 'Picture' },
  backlight_compensation: {
    id: 'backlight-compensation',
    label: 'Backlight compensation',
    group: 'Exposure',
  },
  power_line_frequency: { id: 'power-line-frequency', label: 'Flicker of lamps', group: 'Exposure' },
  video_bitrate: { id: 'bitrate', label: 'Bit rate', group: 'Encoder', unit: 'bits/s' },
  h264_i_frame_period: { id: 'gop', label: 'Pictures from one key frame to the next', group: 'Encoder' },
  h264_profile: { id: 'profile', label: 'H.264 profile', group: 'Encoder' },
  h264_level: { id: 'level', label: 'H.264 level', group: 'Encoder' },
};

/** The name of a control here. */
export const controlName = (name: string, heading: string): ControlName =>
  CONTROL_NAMES[name] ?? {
    id: name.replaceAll('_', '-').replace(/^-+|-+$/g, ''),
    label: sentence(name.replaceAll('_', ' ').trim()),
    group: heading.startsWith('Codec') ? 'Encoder' : heading.startsWith('User') ? 'Picture' : 'Camera',
  };

const sentence = (words: string): string => `${words.slice(0, 1).toUpperCase()}${words.slice(1)}`;
