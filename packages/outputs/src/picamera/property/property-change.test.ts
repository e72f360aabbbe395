import { PinholeError } from '@pinhole/core';
import type { ControlDescriptor, ControlValue } from '@pinhole/engine';
import { CameraPropertyKey } from '@pinhole/protocol/picamera';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { listing } from './fake-controls.ts';
import { propertyChange } from './property-change.ts';
import { PROPERTIES } from './property-table.ts';

const { AE_ENABLE, AE_FLICKER_PERIOD, AE_METERING_MODE, AF_MODE, AWB_ENABLE, AWB_MODE, BRIGHTNESS } =
  CameraPropertyKey;
const {
  COLOUR_GAINS,
  CONTRAST,
  EXPOSURE_TIME,
  EXPOSURE_TIME_MODE,
  EXPOSURE_VALUE,
  HDR_MODE,
  LENS_POSITION,
  LUX,
} = CameraPropertyKey;
const { ANALOGUE_GAIN, ANALOGUE_GAIN_MODE, AE_EXPOSURE_MODE, COLOUR_TEMPERATURE } = CameraPropertyKey;

const menu = (id: string, ...values: string[]): ControlDescriptor => ({
  id,
  label: id,
  applies: 'live',
  kind: 'menu',
  options: values.map((value) => ({ value, label: value })),
  default: values[0] ?? '',
});
const range = (id: string, min: number, max: number, step = 1): ControlDescriptor => ({
  id,
  label: id,
  applies: 'live',
  kind: 'range',
  min,
  max,
  step,
  default: min,
});
const onOff = (id: string): ControlDescriptor => ({
  id,
  label: id,
  applies: 'live',
  kind: 'switch',
  default: false,
});

/** Controls as the sources of a Raspberry Pi's camera, of V4L2 and of an ESP32-CAM have them. */
const CAMERAS: Readonly<Record<string, readonly ControlDescriptor[]>> = {
  rpicam: [
    menu('exposure', 'normal', 'sport', 'long'),
    menu('metering', 'centre', 'spot', 'average'),
    range('ev', -10, 10, 0.1),
    range('shutter', 0, 1_000_000),
    range('gain', 0, 64, 0.01),
    menu('flicker', 'off', '50hz', '60hz'),
    menu('awb', 'auto', 'incandescent', 'tungsten', 'fluorescent', 'indoor', 'daylight', 'cloudy'),
    menu('autofocus', 'default', 'manual', 'auto', 'continuous'),
    menu('hdr', 'off', 'auto', 'sensor', 'single-exp'),
    range('brightness', -1, 1, 0.01),
    range('contrast', 0, 15.99, 0.01),
  ],
  v4l2: [
    menu('exposure', 'auto', 'manual', 'shutter-priority', 'aperture-priority'),
    range('shutter', 100, 500_000, 100),
    onOff('awb'),
    onOff('autofocus'),
    range('focus', 0, 250, 5),
    range('white-balance-temperature', 2800, 6500, 10),
    menu('power-line-frequency', 'disabled', '50-hz', '60-hz', 'auto'),
    range('brightness', 0, 255),
  ],
  esp32: [
    onOff('awb-on'),
    menu('awb', 'auto', 'sunny', 'cloudy', 'office', 'home'),
    onOff('exposure-auto'),
    onOff('gain-auto'),
  ],
};

describe('a property of picamera.js', () => {
  it.each<[string, number, number, string, ControlValue]>([
    ['rpicam', AWB_MODE, 6, 'awb', 'cloudy'],
    ['esp32', AWB_MODE, 5, 'awb', 'sunny'],
    ['esp32', AWB_MODE, 3, 'awb', 'office'],
    ['v4l2', AWB_MODE, 0, 'awb', true],
    ['esp32', AWB_ENABLE, 0, 'awb-on', false],
    ['rpicam', AWB_ENABLE, 1, 'awb', 'auto'],
    ['rpicam', AF_MODE, 2, 'autofocus', 'continuous'],
    ['v4l2', AF_MODE, 0, 'autofocus', false],
    ['rpicam', AE_METERING_MODE, 2, 'metering', 'average'],
    ['rpicam', AE_EXPOSURE_MODE, 1, 'exposure', 'sport'],
    ['v4l2', EXPOSURE_TIME_MODE, 1, 'exposure', 'manual'],
    ['esp32', EXPOSURE_TIME_MODE, 1, 'exposure-auto', false],
    ['rpicam', EXPOSURE_TIME_MODE, 0, 'shutter', 0],
    ['rpicam', AE_ENABLE, 1, 'shutter', 0],
    ['rpicam', EXPOSURE_TIME, 20_000, 'shutter', 20_000],
    ['v4l2', EXPOSURE_TIME, 20_049, 'shutter', 20_000],
    ['rpicam', EXPOSURE_VALUE, -2, 'ev', -2],
    ['rpicam', EXPOSURE_VALUE, 2 ** 32 - 2, 'ev', -2],
    ['rpicam', ANALOGUE_GAIN, 8, 'gain', 8],
    ['esp32', ANALOGUE_GAIN_MODE, 0, 'gain-auto', true],
    ['rpicam', CONTRAST, 2, 'contrast', 2],
    ['v4l2', BRIGHTNESS, 140, 'brightness', 140],
    ['v4l2', COLOUR_TEMPERATURE, 4000, 'white-balance-temperature', 4000],
    ['v4l2', LENS_POSITION, 52, 'focus', 50],
    ['rpicam', AE_FLICKER_PERIOD, 10_000, 'flicker', '50hz'],
    ['v4l2', AE_FLICKER_PERIOD, 8333, 'power-line-frequency', '60-hz'],
    ['rpicam', HDR_MODE, 3, 'hdr', 'single-exp'],
  ])('of a camera of %s: %i = %i sets %s to %j', (camera, key, value, control, converted) => {
    expect(propertyChange({ key, value }, listing(CAMERAS[camera] ?? []))).toEqual({
      control,
      value: converted,
    });
  });

  it.each<[string, number, number, RegExp]>([
    ['rpicam', 999, 1, /999: no property has that number/],
    ['rpicam', 0, 1, /0: no property/],
    ['rpicam', LUX, 1, /16 \(.*\): it tells what the camera does/],
    ['rpicam', COLOUR_GAINS, 1, /several numbers/],
    ['esp32', AF_MODE, 2, /33 \(Focus mode\): the camera has no control "autofocus"/],
    [
      'rpicam',
      AWB_MODE,
      7,
      /18 \(White balance\) 7 \(Custom\): the camera cannot; awb has auto, incandescent/,
    ],
    ['v4l2', AWB_MODE, 6, /6 \(Cloudy\): the camera cannot; awb is on or off/],
    ['rpicam', AE_ENABLE, 0, /exposure has normal, sport, long; shutter takes 0 to 1000000/],
  ])('that a camera of %s does not have, %i = %i, is refused in words', (camera, key, value, words) => {
    const change = (): unknown => propertyChange({ key, value }, listing(CAMERAS[camera] ?? []));

    expect(change).toThrowError(expect.objectContaining({ code: 'picamera/property' }));
    expect(change).toThrowError(words);
  });

  it('has a meaning or a reason for every number that there is', () => {
    for (const key of Object.values(CameraPropertyKey)) expect(PROPERTIES[key]).toBeDefined();
  });

  it('of any number and value either changes a control within its limits or is refused in words', () => {
    fc.assert(
      fc.property(
        fc.integer(),
        fc.integer(),
        fc.constantFrom(...Object.values(CAMERAS)),
        (key, value, controls) => {
          const outcome = outcomeOf(() =>
            propertyChange({ key: Math.abs(key) % 60, value }, listing(controls)),
          );
          expect(['picamera/property', ...controls.map(({ id }) => id)]).toContain(outcome);
        },
      ),
    );
  });
});

/** The control that would be changed, or the code of the refusal. */
function outcomeOf(change: () => { readonly control: string }): string {
  try {
    return change().control;
  } catch (thrown) {
    if (thrown instanceof PinholeError) return thrown.code;
    throw thrown;
  }
}
