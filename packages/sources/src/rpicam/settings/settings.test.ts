import { describe, expect, it } from 'vitest';
import { RPICAM_DEFAULTS, readRpicamSettings } from './read-settings.ts';
import { rpicamControls, withRpicamControl } from './rpicam-controls.ts';
import { bitrateOf } from './rpicam-settings.ts';

const read = (text: string) => readRpicamSettings(new Map(new URLSearchParams(text)));

describe('settings', () => {
  it.each([
    ['fps=29.97', { fps: 29.97 }],
    ['bitrate=800k', { bitrate: 800_000 }],
    ['bitrate=2.5M', { bitrate: 2_500_000 }],
    ['gop=0', { gop: 0 }],
    ['iso=0', { gain: 0 }],
    ['awbgains=0,0', { 'red-gain': 0, 'blue-gain': 0 }],
    ['size=1332x990', { size: '1332x990' }],
    ['mode=4056:3040:12:P', { mode: '4056:3040:12:P' }],
    ['inline=true', {}],
  ])('are read from %s', (text, changed) => {
    expect(read(text)).toEqual({ ...RPICAM_DEFAULTS, ...changed });
  });

  it.each([
    ['brightness=2', 'brightness 2: write a number from -1 to 1'],
    ['fps=many', 'fps many: write a number from 1 to 240'],
    ['fps=30k', 'fps 30k'],
    ['gop=1.5', 'gop 1.5: write a whole number from 1 to 3600'],
    ['awb=sunny', 'awb sunny: write one of auto, incandescent'],
    ['hflip=yes', 'hflip yes: write true or false'],
    ['rotation=90', 'rotation 90: write one of 0, 180'],
    ['size=big', 'size big: write one of 320x240'],
    ['size=99x99', 'size 99x99: write WIDTHxHEIGHT with even numbers from 64x64 to 4096x3072'],
    ['roi=0.5,0.5', 'roi 0.5,0.5: write x,y,width,height'],
    ['lens=near', 'lens near: write dioptres'],
    ['iso=50', 'iso 50: write 100 to 6400'],
    ['awbgains=1.5', 'awbgains 1.5: write RED,BLUE'],
    ['awbgains=1.5,0', 'awbgains 1.5,0'],
    ['level=5', 'level 5: write one of 4, auto, 4.1, 4.2'],
    ['constructor=1', 'constructor is no setting'],
    ['awb=constructor', 'awb constructor: write one of'],
  ])('are refused from %s', (text, words) => {
    expect(() => read(text)).toThrow(
      expect.objectContaining({ code: 'source/bad-option', message: expect.stringContaining(words) }),
    );
  });

  it('give a bit rate that doubles with six steps of quality', () => {
    expect(bitrateOf({ ...RPICAM_DEFAULTS, size: '1920x1080' })).toBe(5_000_000);
    expect(bitrateOf(read('size=1920x1080&quality=20'))).toBe(10_000_000);
    expect(bitrateOf(read('size=320x240&fps=5'))).toBe(500_000);
    expect(bitrateOf(read('size=1920x1080&quality=10'))).toBe(25_000_000);
    expect(bitrateOf(read('bitrate=3M'))).toBe(3_000_000);
  });
});

describe('controls', () => {
  it('accept their own defaults and bounds', () => {
    for (const control of rpicamControls(read('gop=50&size=1332x990&quality=20'), { live: true })) {
      if (control.kind === 'button') continue;
      const values =
        control.kind === 'range'
          ? [control.default, control.min, control.max]
          : control.kind === 'menu'
            ? control.options.map(({ value }) => value)
            : [true, false];
      for (const value of values)
        expect(withRpicamControl(RPICAM_DEFAULTS, control.id, value)).toHaveProperty([control.id], value);
    }
  });

  it('go back to what was configured', () => {
    const controls = rpicamControls(read('brightness=0.3&size=1332x990&fps=25'), { live: false });
    const defaults = Object.fromEntries(
      controls.map((control) => [control.id, 'default' in control && control.default]),
    );

    expect(defaults).toMatchObject({
      brightness: 0.3,
      size: '1332x990',
      fps: 25,
      gop: 25,
      bitrate: 2_600_000,
    });
  });

  it('change live only with picamera2, and only those that libcamera changes', () => {
    const live = rpicamControls(RPICAM_DEFAULTS, { live: true }).filter(({ applies }) => applies === 'live');

    expect(live.map(({ id }) => id)).toEqual(
      expect.arrayContaining(['brightness', 'shutter', 'awb', 'red-gain']),
    );
    expect(live.map(({ id }) => id)).not.toContain('size');
    expect(
      rpicamControls(RPICAM_DEFAULTS, { live: false }).every(({ applies }) => applies === 'restart'),
    ).toBe(true);
  });

  it('take a bit rate in place of a quality, and the other way round', () => {
    const quality = withRpicamControl(read('bitrate=3M'), 'quality', 20);
    expect(quality).toMatchObject({ quality: 20, bitrate: 0 });
    expect(withRpicamControl(quality, 'bitrate', 2_000_000)).toMatchObject({
      quality: 0,
      bitrate: 2_000_000,
    });
  });

  it.each([
    ['zoom', 1, 'control/unknown'],
    ['roi', '0,0,1,1', 'control/unknown'],
    ['brightness', 1.5, 'control/out-of-range'],
    ['brightness', 'bright', 'control/out-of-range'],
    ['brightness', Number.NaN, 'control/out-of-range'],
    ['hflip', 1, 'control/out-of-range'],
    ['awb', 'sunny', 'control/out-of-range'],
    ['size', '1x1', 'control/out-of-range'],
  ])('refuse %s %j with %s', (id, value, code) => {
    expect(() => withRpicamControl(RPICAM_DEFAULTS, id, value)).toThrow(expect.objectContaining({ code }));
  });
});
