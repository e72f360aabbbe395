import type { ControlValue } from '@pinhole/engine';
import { CONTROL_NAMES, createV4l2Source, type FormatWish, idOf } from '@pinhole/sources/v4l2';
import { didYouMean } from '../config/suggest.ts';
import {
  bitrateSetting,
  type SourceKind,
  settingsOf,
  settingWithin,
  sourceFault,
  wholeSetting,
  wordSetting,
} from './source-kind.ts';

/** A camera or capture device on this machine. */
export interface V4l2Spec {
  readonly kind: 'v4l2';
  readonly path: string;
  readonly format: FormatWish;
  readonly width?: number;
  readonly height?: number;
  readonly framesPerSecond?: number;
  readonly bitrate?: number;
  readonly gop?: number;
  readonly encoder?: 'libx264' | 'h264_v4l2m2m';
  /** Start values of controls, by our ids. */
  readonly controls: ReadonlyMap<string, ControlValue>;
}

const kind = 'v4l2';
const NAMES = ['size', 'fps', 'format', 'bitrate', 'gop', 'encoder'];
const FORMATS: readonly FormatWish[] = ['auto', 'h264', 'mjpeg', 'yuyv'];
const ENCODERS = ['auto', 'libx264', 'h264_v4l2m2m'] as const;
const LARGEST_SIDE = 16_384;

/** `v4l2:/dev/video0[?size=1280x720&fps=30&format=mjpeg&brightness=128…]` */
export const v4l2: SourceKind<V4l2Spec> = {
  kind,
  schemes: [kind],
  example: 'v4l2:/dev/video0?size=1280x720&fps=30',
  parse: (text) => {
    const match = /^v4l2:(?<path>\/[^?#]*)(?:\?(?<query>.*))?$/is.exec(text);
    if (match === null)
      throw sourceFault(`"${text}": write v4l2:DEVICE, e.g. v4l2:/dev/video0; "pinhole devices" lists them`);
    const { path = '', query = '' } = match.groups ?? {};
    const others = [...new URLSearchParams(query).keys()].filter((name) => isControl(name));
    const written = settingsOf(kind, query, [...NAMES, ...others]);
    const [fps, bitrate, gop] = ['fps', 'bitrate', 'gop'].map((name) => written.get(name));
    const encoder = wordSetting('encoder', written.get('encoder'), { kind, words: ENCODERS });
    return {
      kind,
      path,
      format: wordSetting('format', written.get('format'), { kind, words: FORMATS }) ?? 'auto',
      ...sizeFrom(written.get('size')),
      ...(fps !== undefined && { framesPerSecond: rate(fps) }),
      ...(bitrate !== undefined && { bitrate: bitrateSetting(bitrate, { kind }) }),
      ...(gop !== undefined && { gop: wholeSetting('gop', gop, { kind, min: 1, max: 3600 }) }),
      ...(encoder !== undefined && encoder !== 'auto' && { encoder }),
      controls: new Map(
        [...written].filter(([name]) => !NAMES.includes(name)).map(([name, value]) => [idOf(name), value]),
      ),
    };
  },
  open: (spec, { camera, log }) => createV4l2Source({ ...spec, label: camera, log }),
  inWords: ({ path, width, height }) =>
    width === undefined ? `camera ${path}` : `camera ${path}, ${width}×${height}`,
};

/** Which controls there are, only the device knows; what looks like a slip in a setting's name is none. */
function isControl(name: string): boolean {
  const ids = Object.values(CONTROL_NAMES).map(({ id }) => id);
  if (NAMES.includes(name)) return false;
  if (ids.includes(name) || name in CONTROL_NAMES) return true;
  return /^[a-z][a-z0-9]*(?:[_-][a-z0-9]+)+$/.test(name) && didYouMean(name, NAMES) === '';
}

function sizeFrom(text: string | undefined): { readonly width?: number; readonly height?: number } {
  if (text === undefined) return {};
  const match = /^(\d{1,5})x(\d{1,5})$/.exec(text);
  if (match === null) throw sourceFault(`size "${text}" of v4l2: write WIDTHxHEIGHT, e.g. 1280x720`);
  const [width, height] = [Number(match[1]), Number(match[2])];
  return {
    width: settingWithin('width', width, { kind, min: 16, max: LARGEST_SIDE }),
    height: settingWithin('height', height, { kind, min: 16, max: LARGEST_SIDE }),
  };
}

function rate(text: string): number {
  if (!/^\d+(?:\.\d+)?$/.test(text)) throw sourceFault(`fps "${text}" of v4l2: must be a number, e.g. 30`);
  return settingWithin('fps', Number(text), { kind, min: 1, max: 240 });
}
