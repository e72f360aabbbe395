import { RpicamError } from '../rpicam-code.ts';
import { RPICAM_DEFAULTS } from '../settings/read-settings.ts';
import {
  bitrateOf,
  gopFramesOf,
  levelOf,
  type RpicamSettingId,
  type RpicamSettings,
  sizeOf,
} from '../settings/rpicam-settings.ts';
import { FlagSheet } from './flag-sheet.ts';

/** What a command line of `raspivid` depends on besides the settings. */
export interface RaspividFlagOptions {
  /** The program knows this flag. */
  readonly has: (flag: string) => boolean;
  readonly camera: number;
}

const EXPOSURES: Readonly<Record<string, string>> = { sport: 'sports', long: 'verylong' };
/** What raspivid calls average weighs the centre; the whole picture is its matrix. */
const METERINGS: Readonly<Record<string, string>> = { spot: 'spot', average: 'matrix' };
const WHITE_BALANCES: Readonly<Record<string, string>> = {
  incandescent: 'incandescent',
  tungsten: 'tungsten',
  fluorescent: 'fluorescent',
  indoor: 'horizon',
  daylight: 'sun',
  cloudy: 'cloud',
};
const FLICKERS: Readonly<Record<string, string>> = { '50hz': '50hz', '60hz': '60hz' };

/** What the old camera system has no word for. */
const MISSING: readonly RpicamSettingId[] = ['denoise', 'hdr', 'autofocus', 'lens'];

/**
 * The words of a command line for `raspivid`, whose ranges differ: −100…100 around 0 where libcamera has a factor around 1.
 * Its time stamps are not written out picture by picture, so none are asked for.
 * @throws {RpicamError} `source/bad-option` when a setting needs what this program does not have.
 */
export function raspividFlags(settings: RpicamSettings, options: RaspividFlagOptions): readonly string[] {
  const { width, height } = sizeOf(settings);
  for (const id of MISSING)
    if (settings[id] !== RPICAM_DEFAULTS[id])
      throw new RpicamError(
        'source/bad-option',
        `${id}: raspivid has nothing of the kind; leave the setting out`,
      );
  if (settings.mode.includes(':'))
    throw new RpicamError(
      'source/bad-option',
      `mode ${settings.mode}: raspivid numbers its modes; write 0 to 7`,
    );
  const sheet = new FlagSheet('raspivid', options.has)
    .add('-t', 0)
    .add('-n')
    .add('-w', width)
    .add('-h', height)
    .add('-fps', settings.fps)
    .add('-ih')
    .add('-fl')
    .add('-g', gopFramesOf(settings))
    .add('-pf', settings.profile);
  if (sheet.has('-stm')) sheet.add('-stm');
  if (options.camera > 0) sheet.ask('the second camera', '-cs', options.camera);
  if (settings.mode !== '') sheet.ask('mode', '-md', settings.mode);
  if (sheet.has('-lev')) sheet.add('-lev', levelOf(settings));
  if (settings.quality > 0) sheet.add('-b', 0).add('-qp', settings.quality);
  else sheet.add('-b', bitrateOf(settings));
  addPicture(sheet, settings);
  addExposure(sheet, settings);
  return sheet.add('-o', '-').words;
}

/** A factor around 1 as −100…100 around 0. */
const percent = (factor: number): number => Math.max(-100, Math.min(100, Math.round((factor - 1) * 100)));

function addPicture(sheet: FlagSheet, settings: RpicamSettings): void {
  if (settings.brightness !== 0) sheet.add('-br', Math.round(50 + settings.brightness * 50));
  if (settings.contrast !== 1) sheet.add('-co', percent(settings.contrast));
  if (settings.saturation !== 1) sheet.add('-sa', percent(settings.saturation));
  if (settings.sharpness !== 1) sheet.add('-sh', percent(settings.sharpness));
  if (settings.hflip) sheet.add('-hf');
  if (settings.vflip) sheet.add('-vf');
  if (settings.rotation !== '0') sheet.add('-rot', settings.rotation);
  if (settings.roi !== '') sheet.add('-roi', settings.roi);
}

/** raspivid counts compensation in sixths of a stop. */
const SIXTHS = 6;
const MOST_SIXTHS = 25;

function addExposure(sheet: FlagSheet, settings: RpicamSettings): void {
  const { exposure, metering, awb, flicker, shutter, gain } = settings;
  const red = settings['red-gain'];
  const blue = settings['blue-gain'];
  const ev = Math.max(-MOST_SIXTHS, Math.min(MOST_SIXTHS, Math.round(settings.ev * SIXTHS)));
  if (exposure !== 'normal') sheet.add('-ex', EXPOSURES[exposure] ?? 'auto');
  if (metering !== 'centre') sheet.add('-mm', METERINGS[metering] ?? 'average');
  if (ev !== 0) sheet.add('-ev', ev);
  if (shutter > 0) sheet.add('-ss', Math.round(shutter));
  if (gain > 0) sheet.add('-ISO', Math.round(Math.max(100, Math.min(800, gain * 100))));
  if (flicker !== 'off') sheet.ask('flicker', '-fli', FLICKERS[flicker] ?? 'off');
  if (red > 0 && blue > 0) sheet.add('-awb', 'off').add('-awbg', `${red},${blue}`);
  else if (awb !== 'auto') sheet.add('-awb', WHITE_BALANCES[awb] ?? 'auto');
}
