import { messageOf, PinholeError } from '@pinhole/core';

/** Why a capture ended, for people and programs. */
export interface Failure {
  readonly code: string;
  readonly why: string;
}

const HOPELESS: readonly string[] = [
  'source/no-program',
  'source/no-ffmpeg',
  'source/no-camera',
  'source/unsupported-mode',
  'source/bad-option',
];

/** Whether trying again changes nothing. */
export const isHopeless = ({ code }: Failure): boolean => HOPELESS.includes(code);

/** Puts what ended a capture in this source's words. */
export function failureOf(thrown: unknown): Failure {
  if (!(thrown instanceof PinholeError)) return { code: 'source/failed', why: messageOf(thrown) };
  if (thrown.code === 'ffmpeg/missing') return { code: 'source/no-ffmpeg', why: thrown.message };
  return { code: thrown.code.startsWith('source/') ? thrown.code : 'source/failed', why: thrown.message };
}
