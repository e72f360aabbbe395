import type { DeviceControl } from './control-table.ts';

/** Sensors that ESP32 boards have; the two newer ones take the same values. */
export type Sensor = 'ov2640' | 'ov3660-ov5640' | 'unknown';

/** Keys of a device's status, by which its sensor is told: it lists raw registers of the sensor beside its settings. */
export function sensorOf(keys: ReadonlySet<string>): Sensor {
  if (keys.has('0x3400') || keys.has('0x3503')) return 'ov3660-ov5640';
  return keys.has('0xd3') || keys.has('0x111') ? 'ov2640' : 'unknown';
}

/** Pixels of the largest picture that a sensor makes. */
export const maxPixelsOf = (sensor: Sensor): number =>
  sensor === 'ov3660-ov5640' ? 2592 * 1944 : 1600 * 1200;

const flag = (normal = true): DeviceControl['form'] => ({ kind: 'switch', default: normal });
const range = (min: number, max: number, normal = 0): DeviceControl['form'] => ({
  kind: 'range',
  min,
  max,
  default: normal,
});

const EFFECTS = [
  ['none', 'None'],
  ['negative', 'Negative'],
  ['gray', 'Black and white'],
  ['red', 'Reddish'],
  ['green', 'Greenish'],
  ['blue', 'Bluish'],
  ['sepia', 'Sepia'],
] as const;
const WHITE_BALANCES = [
  ['auto', 'Automatic'],
  ['sunny', 'Sunny'],
  ['cloudy', 'Cloudy'],
  ['office', 'Office'],
  ['home', 'Home'],
] as const;
const GAIN_CEILINGS = [2, 4, 8, 16, 32, 64, 128].map((times) => [`${times}x`, `${times}×`] as const);

/**
 * The controls of the camera web server that comes with the Arduino core, and of its descendants: the only names that are
 * ever sent to a device. Which of them one device has, its status tells.
 */
export function stockControls(sensor: Sensor): readonly DeviceControl[] {
  const newer = sensor === 'ov3660-ov5640';
  const look = newer ? range(-3, 3) : range(-2, 2);
  const colour = newer ? range(-4, 4) : range(-2, 2);
  const picture = { group: 'Picture' } as const;
  const exposure = { group: 'Exposure' } as const;
  const white = { group: 'White balance' } as const;
  const camera = { group: 'Camera' } as const;
  return [
    { ...picture, id: 'quality', name: 'quality', label: 'JPEG compression', help: 'A lower number is a better picture and more bytes', form: range(4, 63, 12) },
    { ...picture, id: 'brightness', name: 'brightness', label: 'Brightness', form: look },
    { ...picture, id: 'contrast', name: 'contrast', label: 'Contrast', form: look },
    { ...picture, id: 'saturation', name: 'saturation', label: 'Saturation', form: colour },
    { ...picture, id: 'effect', name: 'special_effect', label: 'Effect', form: { kind: 'menu', words: EFFECTS, default: 0 } },
    { ...picture, id: 'hflip', name: 'hmirror', label: 'Mirrored', form: flag(false) },
    { ...picture, id: 'vflip', name: 'vflip', label: 'Upside down', form: flag(false) },
    { ...picture, id: 'gamma', name: 'raw_gma', label: 'Gamma correction', form: flag() },
    { ...picture, id: 'lens-correction', name: 'lenc', label: 'Lens correction', help: 'Evens out the darker corners', form: flag() },
    { ...picture, id: 'black-pixels', name: 'bpc', label: 'Black pixel correction', form: flag(false) },
    { ...picture, id: 'white-pixels', name: 'wpc', label: 'White pixel correction', form: flag() },
    { ...white, id: 'awb-on', name: 'awb', label: 'White balance', form: flag() },
    { ...white, id: 'awb-gain', name: 'awb_gain', label: 'White balance gain', help: 'Needed for the light below', form: flag() },
    { ...white, id: 'awb', name: 'wb_mode', label: 'Light', form: { kind: 'menu', words: WHITE_BALANCES, default: 0 } },
    { ...exposure, id: 'exposure-auto', name: 'aec', label: 'Automatic exposure', form: flag() },
    { ...exposure, id: 'exposure-dsp', name: 'aec2', label: 'Night mode', help: 'Longer exposure by fewer pictures', form: flag(false) },
    { ...exposure, id: 'ev', name: 'ae_level', label: 'Compensation', form: newer ? range(-5, 5) : range(-2, 2) },
    { ...exposure, id: 'exposure-lines', name: 'aec_value', label: 'Exposure', help: 'In lines of the sensor', ruledBy: 'exposure-auto', form: range(0, 1200, 300) },
    { ...exposure, id: 'gain-auto', name: 'agc', label: 'Automatic gain', form: flag() },
    { ...exposure, id: 'gain', name: 'agc_gain', label: 'Gain', ruledBy: 'gain-auto', form: range(0, newer ? 64 : 30) },
    { ...exposure, id: 'gain-ceiling', name: 'gainceiling', label: 'Highest automatic gain', form: { kind: 'menu', words: GAIN_CEILINGS, default: 0 } },
    { ...camera, id: 'downsize', name: 'dcw', label: 'Scale down in the sensor', form: flag() },
    { ...camera, id: 'test-pattern', name: 'colorbar', label: 'Colour bars', form: flag(false) },
    { ...camera, id: 'led', name: 'led_intensity', label: 'Lamp', help: 'Lit while somebody watches', form: range(0, 255) },
    { ...camera, id: 'lamp', name: 'lamp', label: 'Lamp', form: range(0, 100) },
    { ...camera, id: 'lamp-auto', name: 'autolamp', label: 'Lamp only while somebody watches', form: flag(false) },
  ]; // biome-ignore format: a table
}

/** Names that current firmware takes but leaves out of its status. */
export const UNLISTED = new Set(['vflip']);
/** Names that mean "not there" by -1 in the status. */
export const OPTIONAL = new Set(['led_intensity', 'lamp']);
