import { PinholeError } from '@pinhole/core';
import {
  createRpicamSource,
  RPICAM_SETTING_NAMES,
  type RpicamEncoder,
  type RpicamSettings,
  readRpicamSettings,
} from '@pinhole/sources/rpicam';
import { type SourceKind, settingsOf, sourceFault } from './source-kind.ts';

/** A camera on a Raspberry Pi's ribbon cable. */
export interface RpicamSpec {
  readonly kind: 'rpicam';
  /** Its number, or a part of its name. */
  readonly camera: string;
  readonly settings: RpicamSettings;
  readonly command?: string;
  readonly encoder?: RpicamEncoder;
  readonly by?: 'program' | 'picamera2';
}

const kind = 'rpicam';
const ENCODERS = ['auto', 'hardware', 'software'] as const;
const WAYS = ['auto', 'program', 'picamera2'] as const;
/** What is about the capture program rather than the picture. */
const OWN_NAMES = ['command', 'encoder', 'by'];

/** `rpicam[:CAMERA][?size=1920x1080&fps=30…]` */
export const rpicam: SourceKind<RpicamSpec> = {
  kind,
  schemes: [kind],
  example: 'rpicam:0?size=1920x1080&fps=30',
  parse: (text) => {
    const match = /^rpicam(?::(?<camera>[\w./@:-]*))?(?:\?(?<query>.*))?$/is.exec(text);
    if (match === null)
      throw sourceFault(
        `"${text}": write rpicam:CAMERA, its number or name, e.g. rpicam:0?size=1920x1080&fps=30`,
      );
    const { camera, query } = match.groups ?? {};
    const written = settingsOf(kind, query ?? '', [...RPICAM_SETTING_NAMES, ...OWN_NAMES]);
    const command = written.get('command');
    const encoder = oneOf('encoder', ENCODERS, written.get('encoder'));
    const by = oneOf('by', WAYS, written.get('by'));
    if (command !== undefined && by === 'picamera2')
      throw sourceFault('command and by=picamera2 of rpicam exclude each other: write one of them');
    return {
      kind,
      camera: camera === undefined || camera === '' ? '0' : camera,
      settings: settingsFrom(written),
      ...(command !== undefined && { command }),
      ...(encoder !== undefined && { encoder }),
      ...(by !== undefined && { by }),
    };
  },
  open: (spec, { camera, log }) => createRpicamSource({ ...spec, label: camera, log }),
  inWords: ({ camera, settings }) =>
    `Raspberry Pi camera ${camera}, ${settings.size.replace('x', '×')}, ${settings.fps} frames/s`,
};

function settingsFrom(written: ReadonlyMap<string, string>): RpicamSettings {
  const pictures = new Map([...written].filter(([name]) => !OWN_NAMES.includes(name)));
  try {
    return readRpicamSettings(pictures);
  } catch (thrown) {
    if (thrown instanceof PinholeError) throw sourceFault(`rpicam: ${thrown.message}`, thrown);
    throw thrown;
  }
}

/** Undefined where nothing was written, or `auto`. */
function oneOf<Word extends string>(
  name: string,
  words: readonly ['auto', ...Word[]],
  text: string | undefined,
): Exclude<Word, 'auto'> | undefined {
  if (text === undefined || text === 'auto') return undefined;
  const found = words.find((word) => word === text);
  if (found !== undefined) return found as Exclude<Word, 'auto'>;
  throw sourceFault(`${name} "${text}" of rpicam: write one of ${words.join(', ')}`);
}
