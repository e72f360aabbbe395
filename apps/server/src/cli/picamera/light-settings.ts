import { textOf } from './check-flags.ts';
import type { GivenFlags } from './picamera-flag.ts';

/** What of light and lens is set, and what cannot be. */
export interface LightSettings {
  readonly settings: Readonly<Record<string, string>>;
  readonly notes: readonly string[];
}

/** Flags that are settings under the same name, or under this one. */
const SAME: Readonly<Record<string, string>> = {
  sharpness: 'sharpness',
  contrast: 'contrast',
  saturation: 'saturation',
  brightness: 'brightness',
  ev: 'ev',
  gain: 'gain',
  metering: 'metering',
  exposure: 'exposure',
  awb: 'awb',
  awbgains: 'awbgains',
  denoise: 'denoise',
  'autofocus-mode': 'autofocus',
  'lens-position': 'lens',
};
/** Words that mean another one. */
const MEANS: Readonly<Record<string, string>> = { short: 'sport', matrix: 'average', normal: 'auto' };
const MICROS_PER: Readonly<Record<string, number>> = {
  min: 60e6,
  sec: 1e6,
  s: 1e6,
  ms: 1000,
  us: 1,
  ns: 0.001,
};

/** The settings of a `rpicam:` camera that flags of light, colour and lens mean. Only what was given is set. */
export function lightSettings(flags: GivenFlags): LightSettings {
  const settings: Record<string, string> = {};
  const notes: string[] = [];
  for (const [name, setting] of Object.entries(SAME)) {
    const given = flags.get(name);
    if (given === undefined || given.text === '') continue;
    if (given.text === 'custom')
      notes.push(`${given.at} "custom" has no effect: it needs a tuning file, which is not read`);
    else settings[setting] = wordFor(name, given.text);
  }
  const rotation = flags.get('rotation');
  if (rotation?.text === '180') settings['rotation'] = '180';
  else if (rotation !== undefined && rotation.text !== '0') {
    notes.push(
      `${rotation.at} "${rotation.text}" has no effect: cameras turn a picture by 180 degrees or not at all`,
    );
  }
  if (flags.has('shutter')) settings['shutter'] = String(shutterMicros(textOf(flags, 'shutter')));
  return { settings, notes };
}

/** Microseconds of an exposure time as libcamera's programs write it. */
function shutterMicros(text: string): number {
  const [, number = '', unit = 'us'] = /^([\d.]+)([a-z]*)$/.exec(text) ?? [];
  return Math.round(Number(number) * (MICROS_PER[unit === '' ? 'us' : unit] ?? 1));
}

function wordFor(name: string, text: string): string {
  // `normal` is an exposure mode of its own, and automatic white balance.
  if (name === 'exposure' && text === 'normal') return text;
  return ['metering', 'exposure', 'awb'].includes(name) ? (MEANS[text] ?? text) : text;
}
