import { bitrateOf, gopFramesOf, levelOf, type RpicamSettings, sizeOf } from '../settings/rpicam-settings.ts';
import { FlagSheet } from './flag-sheet.ts';

/** What encodes: the Pi's own circuit (up to the Pi 4), or x264 (the Pi 5 has no such circuit). */
export type RpicamEncoder = 'hardware' | 'software';

/** What a command line depends on besides the settings. */
export interface LibcameraFlagOptions {
  /** For messages: `rpicam-vid`, `libcamera-vid`. */
  readonly program: string;
  /** The program knows this flag. */
  readonly has: (flag: string) => boolean;
  readonly camera: number;
  readonly encoder: RpicamEncoder;
  /** Where the program writes when each picture was taken. */
  readonly ptsPath?: string | undefined;
}

const FLICKER_PERIODS: Readonly<Record<string, string>> = { '50hz': '10000us', '60hz': '8333us' };

/**
 * The words of a command line for `rpicam-vid` and its forerunner `libcamera-vid`. Flags whose value is the program's own
 * default are left out, so that older programs without them do as well.
 * @throws {RpicamError} `source/bad-option` when a setting needs a flag that this program does not have.
 */
export function libcameraFlags(settings: RpicamSettings, options: LibcameraFlagOptions): readonly string[] {
  const { width, height } = sizeOf(settings);
  const sheet = new FlagSheet(options.program, options.has)
    .add('--timeout', 0)
    .add('--nopreview')
    .add('--camera', options.camera)
    .add('--width', width)
    .add('--height', height)
    .add('--framerate', settings.fps)
    .add('--inline')
    .add('--flush')
    .add('--intra', gopFramesOf(settings))
    .add('--profile', settings.profile);
  addEncoder(sheet, settings, options.encoder);
  addPicture(sheet, settings);
  addExposure(sheet, settings);
  if (options.ptsPath !== undefined) sheet.add('--save-pts', options.ptsPath);
  return sheet.add('--output', '-').words;
}

/**
 * x264 as the program sets it up by itself reorders pictures and encodes several at once, which costs frames of delay;
 * `--low-latency` does neither, but cuts pictures in four slices. Programs before that flag get the same by hand.
 */
function addEncoder(sheet: FlagSheet, settings: RpicamSettings, encoder: RpicamEncoder): void {
  if (encoder === 'hardware') {
    sheet.add('--codec', 'h264').add('--level', levelOf(settings)).add('--bitrate', bitrateOf(settings));
    return;
  }
  sheet
    .ask('encoder=software', '--libav-video-codec', 'libx264')
    .add('--codec', 'libav')
    .add('--libav-format', 'h264');
  const codecOptions = settings.quality > 0 ? [`crf=${settings.quality}`] : [];
  if (settings.level !== 'auto') sheet.add('--level', settings.level);
  if (settings.quality === 0) sheet.add('--bitrate', bitrateOf(settings));
  if (sheet.has('--low-latency')) sheet.add('--low-latency');
  else codecOptions.push('preset=ultrafast', 'tune=zerolatency', 'bf=0');
  if (codecOptions.length > 0)
    sheet.ask('encoder=software', '--libav-video-codec-opts', codecOptions.join(';'));
}

function addPicture(sheet: FlagSheet, settings: RpicamSettings): void {
  const { brightness, contrast, saturation, sharpness, denoise, rotation, roi, hdr } = settings;
  if (brightness !== 0) sheet.add('--brightness', brightness);
  if (contrast !== 1) sheet.add('--contrast', contrast);
  if (saturation !== 1) sheet.add('--saturation', saturation);
  if (sharpness !== 1) sheet.add('--sharpness', sharpness);
  if (denoise !== 'auto') sheet.ask('denoise', '--denoise', denoise);
  if (settings.hflip) sheet.add('--hflip');
  if (settings.vflip) sheet.add('--vflip');
  if (rotation !== '0') sheet.add('--rotation', rotation);
  if (roi !== '') sheet.add('--roi', roi);
  if (hdr !== 'off') sheet.ask('hdr', '--hdr', hdr);
  if (settings.mode !== '') sheet.ask('mode', '--mode', settings.mode);
}

function addExposure(sheet: FlagSheet, settings: RpicamSettings): void {
  const { exposure, metering, ev, shutter, gain, flicker, awb, autofocus, lens } = settings;
  const red = settings['red-gain'];
  const blue = settings['blue-gain'];
  if (exposure !== 'normal') sheet.add('--exposure', exposure);
  if (metering !== 'centre') sheet.add('--metering', metering);
  if (ev !== 0) sheet.add('--ev', ev);
  if (shutter > 0) sheet.add('--shutter', shutter);
  if (gain > 0) sheet.add('--gain', gain);
  if (flicker !== 'off') sheet.ask('flicker', '--flicker-period', FLICKER_PERIODS[flicker] ?? '0s');
  if (awb !== 'auto') sheet.add('--awb', awb);
  if (red > 0 && blue > 0) sheet.add('--awbgains', `${red},${blue}`);
  if (autofocus !== 'default') sheet.ask('autofocus', '--autofocus-mode', autofocus);
  if (lens !== '') sheet.ask('lens', '--lens-position', lens);
}
