import { messageOf } from '@pinhole/core';
import { type FfmpegCode, FfmpegError } from '@pinhole/ffmpeg';
import type { RtspCode } from './rtsp-code.ts';
import { RtspError } from './session/rtsp-error.ts';

/** Why a connection ended, for people and programs. */
export interface RtspFailure {
  readonly code: RtspCode;
  /** Holds no credentials. */
  readonly why: string;
}

const CODES: Readonly<Partial<Record<FfmpegCode, RtspCode>>> = {
  'ffmpeg/refused': 'source/refused',
  'ffmpeg/no-such-host': 'source/no-such-host',
  'ffmpeg/unreachable': 'source/unreachable',
  'ffmpeg/unauthorized': 'source/unauthorized',
  'ffmpeg/not-found': 'source/not-found',
  'ffmpeg/timeout': 'source/timeout',
  'ffmpeg/no-video': 'source/no-video',
  'ffmpeg/invalid-input': 'source/invalid-input',
  'ffmpeg/crashed': 'source/crashed',
  'ffmpeg/missing': 'source/no-ffmpeg',
};

/** Puts what ended a connection in this source's words. */
export function rtspFailure(thrown: unknown): RtspFailure {
  if (thrown instanceof RtspError) return { code: thrown.code, why: thrown.message };
  const code = thrown instanceof FfmpegError ? CODES[thrown.code] : undefined;
  return { code: code ?? 'source/failed', why: messageOf(thrown) };
}
