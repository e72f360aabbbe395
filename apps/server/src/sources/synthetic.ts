import { createSyntheticSource } from '@pinhole/sources/synthetic';
import { type SourceKind, settingsOf, settingWithin, sourceFault, wholeSetting } from './source-kind.ts';

/** The built-in test picture. */
export interface SyntheticSpec {
  readonly kind: 'synthetic';
  readonly width: number;
  readonly height: number;
  readonly framesPerSecond: number;
  readonly gopFrames: number;
}

const kind = 'synthetic';

/** `synthetic[:WIDTHxHEIGHT[@FPS]][?gop=FRAMES]` */
export const synthetic: SourceKind<SyntheticSpec> = {
  kind,
  schemes: ['synthetic'],
  example: 'synthetic:1280x720@30?gop=60',
  parse: (text) => {
    const match =
      /^synthetic(?::(?<width>\d+)x(?<height>\d+)(?:@(?<rate>\d+(?:\.\d+)?))?)?(?:\?(?<query>.*))?$/i.exec(
        text,
      );
    if (match === null)
      throw sourceFault(`"${text}": write synthetic or synthetic:WIDTHxHEIGHT@FPS?gop=FRAMES`);
    const { width, height, rate, query } = match.groups ?? {};
    const settings = settingsOf(kind, query ?? '', ['gop']);
    const framesPerSecond = settingWithin('frames per second', Number(rate ?? 30), { kind, min: 1, max: 60 });
    const gop = settings.get('gop');
    return {
      kind,
      width: even('width', Number(width ?? 1280), { min: 160, max: 1920 }),
      height: even('height', Number(height ?? 720), { min: 120, max: 1080 }),
      framesPerSecond,
      gopFrames:
        gop === undefined
          ? Math.round(framesPerSecond * 2)
          : wholeSetting('gop', gop, { kind, min: 1, max: 3600 }),
    };
  },
  open: ({ width, height, framesPerSecond, gopFrames }, { camera }) =>
    createSyntheticSource({ width, height, framesPerSecond, gopFrames, label: camera }),
  inWords: ({ width, height, framesPerSecond }) =>
    `synthetic ${width}×${height}, ${framesPerSecond} frames/s`,
};

function even(name: string, value: number, limits: { readonly min: number; readonly max: number }): number {
  if (value % 2 !== 0) throw sourceFault(`${name} ${value} of synthetic: must be even (4:2:0 pictures)`);
  return settingWithin(name, value, { kind, ...limits });
}
