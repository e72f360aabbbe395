import { describe, expect, it } from 'vitest';
import { RPICAM_DEFAULTS, readRpicamSettings } from '../settings/read-settings.ts';
import { type LibcameraFlagOptions, libcameraFlags } from './libcamera-flags.ts';
import { raspividFlags } from './raspivid-flags.ts';

const settings = (text: string) => readRpicamSettings(new Map(new URLSearchParams(text)));
const PI_4: LibcameraFlagOptions = { program: 'rpicam-vid', has: () => true, camera: 0, encoder: 'hardware' };
const line = (text: string, options: Partial<LibcameraFlagOptions> = {}): string =>
  libcameraFlags(settings(text), { ...PI_4, ...options }).join(' ');
const raspivid = (text: string): string =>
  raspividFlags(settings(text), { has: () => true, camera: 0 }).join(' ');

describe('a command line for rpicam-vid', () => {
  it('captures with low delay when nothing is set', () => {
    expect(libcameraFlags(RPICAM_DEFAULTS, { ...PI_4, ptsPath: '/run/pts' }).join(' ')).toBe(
      '--timeout 0 --nopreview --camera 0 --width 1280 --height 720 --framerate 30 --inline --flush --intra 30 --profile high --codec h264 --level 4 --bitrate 2200000 --save-pts /run/pts --output -',
    );
  });

  it('has every setting', () => {
    const all = line(
      'size=1920x1080&fps=60&mode=1920:1080:10:P&denoise=cdn_off&iso=400&shutter=8000&exposure=sport&metering=spot&ev=-1.5&awb=cloudy&awbgains=1.5,1.2&brightness=-0.5&contrast=1.5&saturation=0&sharpness=2&hflip=true&vflip=true&rotation=180&roi=0.25,0.25,0.5,0.5&autofocus=manual&lens=2.5&hdr=sensor&flicker=50hz&quality=20&profile=main&level=4.2&gop=15',
    );
    expect(all).toContain(
      '--width 1920 --height 1080 --framerate 60 --inline --flush --intra 15 --profile main',
    );
    expect(all).toContain('--codec h264 --level 4.2 --bitrate 19900000');
    expect(all).toContain(
      '--brightness -0.5 --contrast 1.5 --saturation 0 --sharpness 2 --denoise cdn_off --hflip --vflip --rotation 180 --roi 0.25,0.25,0.5,0.5 --hdr sensor --mode 1920:1080:10:P',
    );
    expect(all).toContain(
      '--exposure sport --metering spot --ev -1.5 --shutter 8000 --gain 4 --flicker-period 10000us --awb cloudy --awbgains 1.5,1.2 --autofocus-mode manual --lens-position 2.5',
    );
  });

  it('takes x264 without reordering on a Pi 5', () => {
    expect(line('bitrate=4M', { encoder: 'software' })).toContain(
      '--libav-video-codec libx264 --codec libav --libav-format h264 --bitrate 4000000 --low-latency',
    );
  });

  it('says the same by hand to a program before --low-latency', () => {
    const old = line('quality=24', { encoder: 'software', has: (flag) => flag !== '--low-latency' });
    expect(old).toContain('--libav-video-codec-opts crf=24;preset=ultrafast;tune=zerolatency;bf=0');
    expect(old).not.toMatch(/--low-latency|--bitrate/);
  });

  it.each([
    ['hdr=auto', '--hdr'],
    ['lens=2', '--lens-position'],
    ['flicker=60hz', '--flicker-period'],
  ])('is refused when %s needs %s and that is not there', (text, flag) => {
    expect(() => line(text, { has: (name) => name !== flag })).toThrow(
      expect.objectContaining({
        code: 'source/bad-option',
        message: expect.stringContaining(`has no ${flag} here`),
      }),
    );
  });

  it('leaves white balance to the camera while one of the gains is 0', () => {
    expect(line('red-gain=2')).not.toContain('awbgains');
  });

  it.each([
    ['size=1920x1080&fps=30', '--level 4 '],
    ['size=1920x1080&fps=50', '--level 4.2'],
    ['size=1280x720&fps=60', '--level 4 '],
  ])('has the level that %s takes', (text, level) => {
    expect(line(text)).toContain(level);
  });
});

describe('a command line for raspivid', () => {
  it('says the same in its own words and ranges', () => {
    expect(raspivid('')).toBe(
      '-t 0 -n -w 1280 -h 720 -fps 30 -ih -fl -g 30 -pf high -stm -lev 4 -b 2200000 -o -',
    );
    expect(
      raspivid(
        'quality=20&brightness=0.2&contrast=1.5&saturation=0&sharpness=9&exposure=sport&metering=average&ev=1&shutter=8000&iso=400&awb=daylight&flicker=50hz&mode=2&rotation=180&hflip=true',
      ),
    ).toContain(
      '-md 2 -lev 4 -b 0 -qp 20 -br 60 -co 50 -sa -100 -sh 100 -hf -rot 180 -ex sports -mm matrix -ev 6 -ss 8000 -ISO 400 -fli 50hz -awb sun',
    );
    expect(raspivid('awb=cloudy&awbgains=1.5,1.2')).toContain('-awb off -awbg 1.5,1.2');
  });

  it.each(['denoise=off', 'hdr=auto', 'lens=2', 'autofocus=auto', 'mode=1640:1232'])(
    'is refused for %s',
    (text) => {
      expect(() => raspivid(text)).toThrow(expect.objectContaining({ code: 'source/bad-option' }));
    },
  );
});
