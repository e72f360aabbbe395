import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { deviceControls } from '../controls/device-controls.ts';
import { chooseMode, type ModeWish, modeInWords } from './choose-mode.ts';
import { parseDevice } from './parse-device.ts';
import { isCamera, type V4l2Device } from './v4l2-device.ts';

const listing = (name: string): string =>
  readFileSync(join(import.meta.dirname, 'fixtures', `${name}.txt`), 'utf8');
const device = (name: string): V4l2Device => parseDevice('/dev/video0', listing(name));
const chosen = (name: string, wish: ModeWish = {}): string => modeInWords(chooseMode(device(name), wish));
const refusal = (name: string, wish: ModeWish): unknown => {
  try {
    return chosen(name, wish);
  } catch (thrown) {
    return thrown;
  }
};

describe('a listing of v4l2-ctl', () => {
  it('names the device', () => {
    expect(device('c920')).toMatchObject({
      driver: 'uvcvideo',
      card: 'HD Pro Webcam C920',
      bus: 'usb-0000:00:14.0-1',
      capabilities: ['Video Capture', 'Streaming', 'Extended Pix Format'],
    });
  });

  it('has the formats with their sizes and rates', () => {
    const { formats } = device('c920');

    expect(formats.map(({ fourcc, label, sizes }) => [fourcc, label, sizes.length])).toEqual([
      ['YUYV', 'YUYV 4:2:2', 5],
      ['H264', 'H.264', 3],
      ['MJPG', 'Motion-JPEG', 3],
    ]);
    expect(formats[0]?.sizes[3]).toEqual({ width: 1280, height: 720, rates: [10, 7.5, 5] });
  });

  it('is understood as older versions write it', () => {
    const { capabilities, formats, controls } = device('plain-uvc');

    expect(capabilities).toContain('Video Capture');
    expect(formats.map(({ fourcc, sizes }) => [fourcc, sizes.length])).toEqual([
      ['MJPG', 2],
      ['YUYV', 1],
    ]);
    expect(controls.map(({ name }) => name)).toContain('exposure_absolute');
  });

  it('has ranges of sizes and rates', () => {
    expect(device('bcm2835-mmal').formats[2]?.sizes).toEqual([
      {
        width: 32,
        height: 32,
        upTo: { width: 2592, height: 1944, stepX: 2, stepY: 2 },
        rates: [1, 90],
        anyRate: true,
      },
    ]);
  });

  it('has the controls with their kinds, bounds, values and menus; those of types without a place in a panel are left out', () => {
    const byName = new Map(device('c920').controls.map((control) => [control.name, control]));
    const vivid = device('vivid').controls.map(({ name }) => name);

    expect(byName.get('white_balance_temperature')).toEqual({
      name: 'white_balance_temperature',
      heading: 'User Controls',
      type: 'int',
      min: 2000,
      max: 6500,
      step: 1,
      default: 4000,
      value: 4700,
      flags: ['inactive'],
      options: [],
    });
    expect(byName.get('auto_exposure')).toMatchObject({
      heading: 'Camera Controls',
      type: 'menu',
      value: 3,
      options: [
        { value: 1, label: 'Manual Mode' },
        { value: 3, label: 'Aperture Priority Mode' },
      ],
    });
    expect(byName.get('pan_absolute')).toMatchObject({ min: -36000, max: 36000, step: 3600 });
    expect(vivid).toEqual([
      'brightness',
      'button',
      'boolean',
      'integer_32_bit',
      'menu',
      'integer_menu',
      'read_only_int',
    ]);
    expect(device('vivid').controls.find(({ name }) => name === 'integer_menu')?.options).toEqual([
      { value: 1, label: '1' },
      { value: 4, label: '42' },
    ]);
  });

  it.each([
    ['c920', true],
    ['plain-uvc', true],
    ['hdmi-stick', true],
    ['bcm2835-mmal', true],
    ['vivid', true],
    ['c920-metadata', false],
    ['bcm2835-codec-encode', false],
    ['bcm2835-isp', false],
  ])('tells whether %s is a camera', (name, camera) => {
    expect(isCamera(device(name))).toBe(camera);
  });
});

describe('a hostile listing', () => {
  it('does not make anything throw, or grow, whatever it holds', () => {
    const lines = ['c920', 'vivid', 'bcm2835-mmal', 'plain-uvc'].flatMap((name) => listing(name).split('\n'));
    const odd = fc.oneof(
      fc.constantFrom(...lines),
      fc.string(),
      fc.constantFrom(
        "\t[0]: 'MJPG' (Motion-JPEG)",
        '\t\tSize: Discrete 0x0',
        '\t\tSize: Discrete 99999x99999',
        '\t\tSize: Stepwise 64x64 - 32x32 with step 0/0',
        '\t\t\tInterval: Discrete 0.000s (inf fps)',
        '\t\t\tInterval: Discrete 0.000s (0.000 fps)',
        'brightness 0x00980900 (int)    : min=9 max=1 step=0 default=nan value=99999999999999999999',
        '  menu 0x0098f904 (menu)   : min=1 max=4 default=3 value=3',
      ),
    );
    fc.assert(
      fc.property(fc.array(odd, { maxLength: 60 }), (parts) => {
        const made = parseDevice('/dev/video0', parts.join('\n'));
        const sizes = made.formats.flatMap((format) => format.sizes);

        expect(sizes.every(({ width, height }) => width > 0 && height > 0)).toBe(true);
        expect(sizes.flatMap(({ rates }) => rates).every((rate) => rate > 0 && rate <= 1000)).toBe(true);
        const descriptors = [...deviceControls(made.controls).values()].map(({ descriptor }) => descriptor);
        expect(descriptors.filter((each) => each.kind === 'range' && each.min >= each.max)).toEqual([]);
      }),
    );
  });

  it('is cut at bounds, and keeps no control characters of a name', () => {
    const many = Array.from({ length: 5_000 }, (_, i) => `\t\tSize: Discrete ${i + 16}x16`).join('\n');
    const made = parseDevice(
      '/dev/video0',
      `\tCard type        : a\u001b[31mb\u0007\n\t[0]: 'MJPG' (x)\n${many}`,
    );

    expect(made.card).toBe('a[31mb');
    expect(made.formats[0]?.sizes.length).toBeLessThanOrEqual(512);
  });

  it('of a megabyte on one line is read like any other', () => {
    const made = parseDevice('/dev/video0', `Driver name : ${' '.repeat(500_000)}:${'x'.repeat(500_000)}`);

    expect(made.formats).toEqual([]);
  });
});

describe('chooseMode', () => {
  it.each([
    ['c920', {}, 'H264 1280×720 at 30/s'],
    ['c920', { format: 'mjpeg' }, 'MJPG 1280×720 at 30/s'],
    ['c920', { format: 'yuyv' }, 'YUYV 640×480 at 30/s'],
    ['c920', { width: 1920, height: 1080 }, 'H264 1920×1080 at 30/s'],
    ['c920', { width: 800, height: 600 }, 'YUYV 800×600 at 24/s'],
    ['c920', { width: 1280, height: 720, framesPerSecond: 15 }, 'H264 1280×720 at 15/s'],
    ['plain-uvc', {}, 'MJPG 1280×720 at 30/s'],
    ['plain-uvc', { width: 640, height: 480, framesPerSecond: 120 }, 'MJPG 640×480 at 120.1/s'],
    ['hdmi-stick', {}, 'MJPG 1280×720 at 30/s'],
    ['hdmi-stick', { width: 1920, height: 1080, framesPerSecond: 60 }, 'MJPG 1920×1080 at 60/s'],
    ['bcm2835-mmal', {}, 'H264 1280×720 at 30/s'],
    ['bcm2835-mmal', { width: 1640, height: 1232, framesPerSecond: 40 }, 'H264 1640×1232 at 40/s'],
    ['vivid', {}, 'YUYV 1280×720 at 30/s'],
  ] as const)('takes of %s for %j: %s', (name, wish, mode) => {
    expect(chosen(name, wish)).toBe(mode);
  });

  it('names the nearest modes for one that is not there', () => {
    expect(refusal('c920', { width: 1280, height: 720, framesPerSecond: 60 })).toMatchObject({
      code: 'source/unsupported-mode',
      message: expect.stringMatching(
        /no mode of 1280×720, 60 pictures a second; the nearest are: H264 1280×720 at 30\/s/,
      ),
    });
    expect(refusal('hdmi-stick', { format: 'h264' })).toMatchObject({
      code: 'source/no-camera',
      message: expect.stringContaining('it has the formats MJPG, YUYV, and h264 would do'),
    });
    expect(refusal('hdmi-stick', { width: 1900, height: 1000 })).toMatchObject({
      message: expect.stringContaining('the nearest are: MJPG 1920×1080'),
    });
  });
});

describe('deviceControls', () => {
  const controls = deviceControls(device('c920').controls);

  it('maps names that have a meaning beyond V4L2, of old kernels and new ones alike', () => {
    const old = deviceControls(device('plain-uvc').controls);

    expect([...controls.keys()]).toEqual([
      'brightness',
      'contrast',
      'saturation',
      'awb',
      'gain',
      'power-line-frequency',
      'white-balance-temperature',
      'sharpness',
      'backlight-compensation',
      'exposure',
      'shutter',
      'exposure-dynamic-framerate',
      'pan',
      'tilt',
      'focus',
      'autofocus',
      'zoom',
    ]);
    for (const id of ['awb', 'exposure', 'shutter', 'white-balance-temperature'])
      expect(old.has(id)).toBe(true);
  });

  it('counts exposure in µs, and turns it back for the device', () => {
    const shutter = controls.get('shutter');

    expect(shutter).toMatchObject({
      name: 'exposure_time_absolute',
      value: 33_300,
      descriptor: {
        kind: 'range',
        min: 300,
        max: 204_700,
        step: 100,
        default: 25_000,
        unit: 'µs',
        scale: 'logarithmic',
      },
    });
    expect(shutter?.toDevice(10_000)).toBe(100);
    expect(() => shutter?.toDevice(1)).toThrow(expect.objectContaining({ code: 'control/out-of-range' }));
  });

  it('takes a menu by our word, the driver’s, or its number', () => {
    const lamps = controls.get('power-line-frequency');

    expect(lamps?.value).toBe('50-hz');
    expect(['60-hz', '60 Hz', '2'].map((word) => lamps?.toDevice(word))).toEqual([2, 2, 2]);
    expect(() => lamps?.toDevice('70-hz')).toThrow(/use one of disabled, 50-hz, 60-hz/);
  });

  it('says why a control cannot be changed, and what to change first', () => {
    expect(controls.get('shutter')?.descriptor.inactive).toBe(
      'exposure decides it now; set exposure to manual first',
    );
    expect(controls.get('focus')?.descriptor.inactive).toBe(
      'autofocus decides it now; set autofocus to off first',
    );
    expect(controls.get('brightness')?.descriptor.inactive).toBeUndefined();
  });

  it('shows a button, and nothing that can only be read', () => {
    const vivid = deviceControls(device('vivid').controls);

    expect(vivid.get('button')?.descriptor.kind).toBe('button');
    expect(vivid.has('read-only-int')).toBe(false);
  });
});
