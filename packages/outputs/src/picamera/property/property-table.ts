import { CameraPropertyKey as Key } from '@pinhole/protocol/picamera';
import {
  asButton,
  asChoice,
  asNumber,
  asNumberOf,
  asSwitch,
  asSwitchOf,
  type PropertyConversion,
} from './property-value.ts';

/** A control that a property is, where a camera has it. */
export interface PropertyTarget {
  /** Of the control, as all sources call it. */
  readonly control: string;
  readonly convert: PropertyConversion;
}

/** What a property's number stands for: the controls that it may be, the first that a camera has; or why it is none. */
export type Property = readonly PropertyTarget[] | { readonly never: string };

const to = (control: string, convert: PropertyConversion): PropertyTarget => ({ control, convert });

const READING = { never: 'it tells what the camera does, and cannot be set' } as const;
const SEVERAL = { never: 'it takes several numbers, and a request carries one whole number' } as const;
const UNSET = { never: 'no camera lets it be set' } as const;

/** Words of V4L2 and of cameras for who chooses the exposure. */
const AUTO_EXPOSURE = ['auto', 'auto-mode', 'aperture-priority', 'aperture-priority-mode'] as const;
const MANUAL_EXPOSURE = ['manual', 'manual-mode', 'shutter-priority', 'shutter-priority-mode'] as const;

/**
 * Properties by their number (libcamera 0.5 and later) as controls of our cameras. Numbers go as they are, in the unit of the
 * control: µs for times, EV, K, times for gains. A value 0 of `shutter` and `gain` means that the camera chooses.
 */
export const PROPERTIES: Readonly<Record<number, Property>> = {
  [Key.AE_ENABLE]: [
    to('exposure-auto', asSwitch),
    to('exposure', asChoice({ 0: MANUAL_EXPOSURE, 1: AUTO_EXPOSURE })),
    to('shutter', asNumberOf({ 1: 0 })),
  ],
  [Key.AE_STATE]: READING,
  [Key.AE_METERING_MODE]: [
    to(
      'metering',
      asChoice({
        0: ['centre', 'centre-weighted', 'center', 'center-weighted'],
        1: ['spot'],
        2: ['matrix', 'average', 'multi-zone'],
        3: ['custom'],
      }),
    ),
  ],
  [Key.AE_CONSTRAINT_MODE]: [
    to('constraint', asChoice({ 0: ['normal'], 1: ['highlight'], 2: ['shadows'], 3: ['custom'] })),
  ],
  [Key.AE_EXPOSURE_MODE]: [
    to('exposure', asChoice({ 0: ['normal'], 1: ['short', 'sport'], 2: ['long'], 3: ['custom'] })),
  ],
  [Key.EXPOSURE_VALUE]: [to('ev', asNumber)],
  [Key.EXPOSURE_TIME]: [to('shutter', asNumber)],
  [Key.EXPOSURE_TIME_MODE]: [
    to('exposure-auto', asSwitchOf({ 0: true, 1: false })),
    to('exposure', asChoice({ 0: AUTO_EXPOSURE, 1: MANUAL_EXPOSURE })),
    to('shutter', asNumberOf({ 0: 0 })),
  ],
  [Key.ANALOGUE_GAIN]: [to('gain', asNumber)],
  [Key.ANALOGUE_GAIN_MODE]: [
    to('gain-auto', asSwitchOf({ 0: true, 1: false })),
    to('gain', asNumberOf({ 0: 0 })),
  ],
  [Key.AE_FLICKER_MODE]: [
    to('flicker', asChoice({ 0: ['off'], 2: ['auto'] })),
    to('power-line-frequency', asChoice({ 0: ['disabled', 'off'], 2: ['auto'] })),
  ],
  // Light flickers twice a period of the mains.
  [Key.AE_FLICKER_PERIOD]: [
    to('flicker', asChoice({ 10000: ['50hz'], 8333: ['60hz'], 8334: ['60hz'] })),
    to('power-line-frequency', asChoice({ 10000: ['50hz'], 8333: ['60hz'], 8334: ['60hz'] })),
  ],
  [Key.AE_FLICKER_DETECTED]: READING,
  [Key.BRIGHTNESS]: [to('brightness', asNumber)],
  [Key.CONTRAST]: [to('contrast', asNumber)],
  [Key.LUX]: READING,
  [Key.AWB_ENABLE]: [
    to('awb-on', asSwitch),
    to('awb', asSwitch),
    to('awb', asChoice({ 0: ['manual', 'off'], 1: ['auto'] })),
  ],
  [Key.AWB_MODE]: [
    to(
      'awb',
      asChoice({
        0: ['auto'],
        1: ['incandescent'],
        2: ['tungsten'],
        3: ['fluorescent', 'office'],
        4: ['indoor', 'home'],
        5: ['daylight', 'sunny'],
        6: ['cloudy'],
        7: ['custom', 'manual'],
      }),
    ),
    to('awb', asSwitchOf({ 0: true, 7: false })),
    to(
      'white-balance',
      asChoice({ 0: ['auto'], 1: ['incandescent'], 3: ['fluorescent'], 5: ['daylight'], 6: ['cloudy'] }),
    ),
  ],
  [Key.AWB_LOCKED]: READING,
  [Key.COLOUR_GAINS]: SEVERAL,
  [Key.COLOUR_TEMPERATURE]: [to('white-balance-temperature', asNumber)],
  [Key.SATURATION]: [to('saturation', asNumber)],
  [Key.SENSOR_BLACK_LEVELS]: READING,
  [Key.SHARPNESS]: [to('sharpness', asNumber)],
  [Key.FOCUS_FO_M]: READING,
  [Key.COLOUR_CORRECTION_MATRIX]: SEVERAL,
  [Key.SCALER_CROP]: SEVERAL,
  [Key.DIGITAL_GAIN]: [to('digital-gain', asNumber)],
  [Key.FRAME_DURATION]: READING,
  [Key.FRAME_DURATION_LIMITS]: SEVERAL,
  [Key.SENSOR_TEMPERATURE]: READING,
  [Key.SENSOR_TIMESTAMP]: READING,
  [Key.AF_MODE]: [
    to('autofocus', asChoice({ 0: ['manual'], 1: ['auto'], 2: ['continuous'] })),
    to('autofocus', asSwitchOf({ 0: false, 2: true })),
  ],
  [Key.AF_RANGE]: [to('autofocus-range', asChoice({ 0: ['normal'], 1: ['macro'], 2: ['full'] }))],
  [Key.AF_SPEED]: [to('autofocus-speed', asChoice({ 0: ['normal'], 1: ['fast'] }))],
  [Key.AF_METERING]: [to('autofocus-metering', asChoice({ 0: ['auto'], 1: ['windows'] }))],
  [Key.AF_WINDOWS]: SEVERAL,
  [Key.AF_TRIGGER]: [to('auto-focus-start', asButton([0])), to('auto-focus-stop', asButton([1]))],
  [Key.AF_PAUSE]: UNSET,
  [Key.LENS_POSITION]: [to('lens', asNumber), to('focus', asNumber)],
  [Key.AF_STATE]: READING,
  [Key.AF_PAUSE_STATE]: READING,
  [Key.HDR_MODE]: [
    to('hdr', asChoice({ 0: ['off'], 2: ['sensor'], 3: ['single-exp'], 4: ['night'] })),
    to('hdr', asSwitchOf({ 0: false, 2: true, 3: true })),
  ],
  [Key.HDR_CHANNEL]: READING,
  [Key.GAMMA]: [to('gamma', asNumber)],
  [Key.DEBUG_METADATA_ENABLE]: UNSET,
  [Key.FRAME_WALL_CLOCK]: READING,
};
