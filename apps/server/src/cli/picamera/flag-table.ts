import { CAMERA_FLAGS } from './camera-flags.ts';
import type { PicameraFlag } from './picamera-flag.ts';
import { SERVICE_FLAGS } from './service-flags.ts';

/** Every flag that some version of pi-webrtc has or had. */
export const PICAMERA_FLAGS: readonly PicameraFlag[] = [...CAMERA_FLAGS, ...SERVICE_FLAGS];

const BY_NAME = new Map(
  PICAMERA_FLAGS.flatMap((flag) => [flag.name, ...(flag.older ?? [])].map((name) => [name, flag] as const)),
);
// The name went to another flag; its old values tell it apart.
BY_NAME.set('record-mode', flagOf('record-mode'));

/** Names of the commercial builds whose number nobody knows. */
const OTHERS = /^(?:detector-|tracker-)/;

/**
 * The flag of a name of any version, with dashes or with underscores as before 1.0.7.
 * @param text what was said with it: `record-mode` was once what `record-type` is
 */
export function findFlag(name: string, text?: string): PicameraFlag | undefined {
  const today = name.replaceAll('_', '-');
  if (today === 'record-mode' && (text === 'video' || text === 'snapshot')) return flagOf('record-type');
  if (OTHERS.test(today)) {
    return {
      name: today,
      value: { kind: 'text' },
      default: '',
      effect: 'Pinhole does not look for things in pictures.',
    };
  }
  return BY_NAME.get(today);
}

/** The flag of today's name. */
export function flagOf(name: string): PicameraFlag {
  const flag = PICAMERA_FLAGS.find((candidate) => candidate.name === name);
  if (flag === undefined) throw new Error(`there is no flag ${name}`);
  return flag;
}
