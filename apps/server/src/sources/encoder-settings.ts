import type { TranscoderTuning } from '@pinhole/sources/mjpeg';
import { bitrateSetting, settingWithin, sourceFault, wholeSetting, wordSetting } from './source-kind.ts';

/** Settings of how H.264 is made of a camera's JPEG pictures. */
export const ENCODER_SETTINGS = ['bitrate', 'gop', 'fps', 'encoder'] as const;

const ENCODERS = ['auto', 'libx264', 'h264_v4l2m2m'] as const;

/** Reads them. @throws {PinholeError} `config/source` */
export function encoderSettings(kind: string, settings: ReadonlyMap<string, string>): TranscoderTuning {
  const [bitrate, gop, fps] = ['bitrate', 'gop', 'fps'].map((name) => settings.get(name));
  const encoder = wordSetting('encoder', settings.get('encoder'), { kind, words: ENCODERS });
  return {
    ...(bitrate !== undefined && { bitrate: bitrateSetting(bitrate, { kind }) }),
    ...(gop !== undefined && { gop: wholeSetting('gop', gop, { kind, min: 1, max: 3600 }) }),
    ...(fps !== undefined && { framesPerSecond: pictureRate(kind, fps) }),
    ...(encoder !== undefined && { encoder }),
  };
}

function pictureRate(kind: string, text: string): number {
  if (!/^\d+(?:\.\d+)?$/.test(text)) throw sourceFault(`fps "${text}" of ${kind}: must be a number, e.g. 15`);
  return settingWithin('fps', Number(text), { kind, min: 1, max: 120 });
}
