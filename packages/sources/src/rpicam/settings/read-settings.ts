import { PinholeError } from '@pinhole/core';
import type { ControlValue } from '@pinhole/engine';
import type { RpicamSettingId, RpicamSettings } from './rpicam-settings.ts';
import type { RpicamSetting } from './setting-kinds.ts';
import { hasAutomatic, RPICAM_SETTINGS, rpicamSetting } from './setting-table.ts';

/** What may be written besides the settings themselves; each stands for others, or says what always holds. */
const ALIASES = ['iso', 'awbgains', 'inline'] as const;

/** Names under which settings are written. */
export const RPICAM_SETTING_NAMES: readonly string[] = [...RPICAM_SETTINGS.map(({ id }) => id), ...ALIASES];

/** Every setting as it is when nothing is written. */
export const RPICAM_DEFAULTS = Object.fromEntries(
  RPICAM_SETTINGS.map((setting) => [setting.id, setting.default]),
) as unknown as RpicamSettings;

/**
 * Settings from what was written.
 * @throws {PinholeError} `source/bad-option` naming the setting, its value and what would do.
 */
export function readRpicamSettings(written: ReadonlyMap<string, string>): RpicamSettings {
  const values: Partial<Record<RpicamSettingId, ControlValue>> = {};
  for (const [name, text] of written) Object.assign(values, read(name, text));
  const gain = [...written.keys()].filter((name) => name === 'iso' || name === 'gain');
  if (gain.length > 1) throw fault('iso and gain say the same: write one of them');
  if (written.has('bitrate') && written.has('quality'))
    throw fault('bitrate and quality exclude each other: write one of them');
  return { ...RPICAM_DEFAULTS, ...(values as Partial<RpicamSettings>) };
}

/** What is wrong with a value, as what would do; undefined when nothing is. */
export function problemOf(setting: RpicamSetting, value: ControlValue): string | undefined {
  switch (setting.kind) {
    case 'range': {
      const { min, max, step } = setting;
      if (value === 0 && hasAutomatic(setting)) return undefined;
      const whole = Number.isInteger(step);
      if (typeof value === 'number' && value >= min && value <= max && (!whole || Number.isInteger(value)))
        return undefined;
      return `write a ${whole ? 'whole ' : ''}number from ${min} to ${max}`;
    }
    case 'switch':
      return typeof value === 'boolean' ? undefined : 'write true or false';
    case 'menu':
      if (typeof value === 'string' && Object.hasOwn(setting.options, value)) return undefined;
      if (typeof value === 'string' && setting.pattern?.test(value)) return problemOfSize(value);
      return `write one of ${Object.keys(setting.options).join(', ')}`;
    case 'text':
      if (value === '' || (typeof value === 'string' && setting.pattern.test(value))) return undefined;
      return `write ${setting.form}`;
  }
}

const LIMITS = { width: [64, 4096], height: [64, 3072] } as const;

function problemOfSize(size: string): string | undefined {
  const [width = 0, height = 0] = size.split('x').map(Number);
  const fits = (pixels: number, [min, max]: readonly [number, number]): boolean =>
    pixels % 2 === 0 && pixels >= min && pixels <= max;
  if (fits(width, LIMITS.width) && fits(height, LIMITS.height)) return undefined;
  return `write WIDTHxHEIGHT with even numbers from ${LIMITS.width[0]}x${LIMITS.height[0]} to ${LIMITS.width[1]}x${LIMITS.height[1]}`;
}

function read(name: string, text: string): Partial<Record<RpicamSettingId, ControlValue>> {
  switch (name) {
    case 'iso': {
      const iso = /^\d+$/.test(text) ? Number(text) : Number.NaN;
      if (iso === 0 || (iso >= 100 && iso <= 6400)) return { gain: iso / 100 };
      throw fault(`iso ${text}: write 100 to 6400, or 0 for automatic`);
    }
    case 'awbgains':
      return awbGains(text);
    case 'inline':
      if (text === 'true') return {};
      throw fault(
        `inline ${text}: parameter sets come with every key frame always, since newcomers cannot begin without; leave it out`,
      );
    default: {
      const setting = rpicamSetting(name);
      if (setting === undefined) throw fault(`${name} is no setting of rpicam`);
      return { [setting.id]: checkedText(setting, text) };
    }
  }
}

function awbGains(text: string): Partial<Record<RpicamSettingId, ControlValue>> {
  const gains = /^(\d+(?:\.\d+)?),(\d+(?:\.\d+)?)$/.exec(text)?.slice(1).map(Number);
  const [red = Number.NaN, blue = Number.NaN] = gains ?? [];
  if ((red > 0 && red <= 32 && blue > 0 && blue <= 32) || (red === 0 && blue === 0))
    return { 'red-gain': red, 'blue-gain': blue };
  throw fault(`awbgains ${text}: write RED,BLUE, each above 0 and up to 32, e.g. 1.5,1.2; 0,0 is automatic`);
}

function checkedText(setting: RpicamSetting, text: string): ControlValue {
  const value = valueIn(setting, text);
  const wrong = value === undefined ? problemOf(setting, text) : problemOf(setting, value);
  if (value !== undefined && wrong === undefined) return value;
  throw fault(`${setting.id} ${text}: ${wrong ?? 'cannot be read'}`);
}

function valueIn(setting: RpicamSetting, text: string): ControlValue | undefined {
  switch (setting.kind) {
    case 'range':
      return numberOf(text, setting.suffixes === true);
    case 'switch':
      return text === 'true' ? true : text === 'false' ? false : undefined;
    case 'menu':
    case 'text':
      return text;
  }
}

const FACTORS: Readonly<Record<string, number>> = { k: 1e3, M: 1e6 };

function numberOf(text: string, suffixes: boolean): number | undefined {
  const match = /^(-?\d+(?:\.\d+)?)([kM]?)$/.exec(text);
  if (match === null) return undefined;
  const [, digits, suffix = ''] = match;
  if (suffix !== '' && !suffixes) return undefined;
  return Math.round(Number(digits) * (FACTORS[suffix] ?? 1) * 1e6) / 1e6;
}

const fault = (message: string): PinholeError => new PinholeError('source/bad-option', message);
