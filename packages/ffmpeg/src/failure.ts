import { PinholeError } from '@pinhole/core';

/** What can go wrong between FFmpeg and what it reads. */
export type FfmpegCode =
  | 'ffmpeg/missing'
  | 'ffmpeg/unsupported-url'
  | 'ffmpeg/refused'
  | 'ffmpeg/no-such-host'
  | 'ffmpeg/unreachable'
  | 'ffmpeg/unauthorized'
  | 'ffmpeg/not-found'
  | 'ffmpeg/timeout'
  | 'ffmpeg/no-video'
  | 'ffmpeg/invalid-input'
  | 'ffmpeg/decode'
  | 'ffmpeg/encode'
  | 'ffmpeg/busy'
  | 'ffmpeg/crashed'
  | 'ffmpeg/failed';

/** FFmpeg, or what it read, failed. The message holds no credentials. */
export class FfmpegError extends PinholeError<FfmpegCode> {
  override readonly name: string = 'FfmpegError';
}

// FFmpeg tells the reason in English only: its numeric codes fold "no such host" into "I/O error".
const REASONS: readonly (readonly [RegExp, FfmpegCode, string])[] = [
  [/Failed to resolve hostname/i, 'ffmpeg/no-such-host', 'no such host: check the name in the URL'],
  [
    /Connection refused/i,
    'ffmpeg/refused',
    'connection refused: check host and port, and that the camera is on',
  ],
  [
    /\b401 .?unauthorized|\b403 .?forbidden|authorization failed/i,
    'ffmpeg/unauthorized',
    'refused the user name or password',
  ],
  [
    /\b404 .?not found|no such file/i,
    'ffmpeg/not-found',
    'has nothing at this path: check the path in the URL',
  ],
  [/no route to host|unreachable/i, 'ffmpeg/unreachable', 'no route to the host'],
  [/timed out/i, 'ffmpeg/timeout', 'did not answer in time'],
  [/does not contain any stream|matches no streams/i, 'ffmpeg/no-video', 'there is no video in it'],
  [/invalid data|moov atom not found|could not find codec/i, 'ffmpeg/invalid-input', 'cannot be read'],
];

/** Makes an error of what FFmpeg wrote before it gave up; the earliest known reason in `lines` wins. */
export function failureOf(lines: readonly string[]): FfmpegError {
  for (const line of lines) {
    const reason = REASONS.find(([pattern]) => pattern.test(line));
    if (reason !== undefined) return new FfmpegError(reason[1], `${reason[2]} (FFmpeg: ${inWords(line)})`);
  }
  return new FfmpegError('ffmpeg/failed', `FFmpeg gave up: ${inWords(lines.at(-1) ?? 'it did not say why')}`);
}

/** Without the name and address of the part of FFmpeg that speaks: `[tcp @ 0x7f…] `. */
const inWords = (line: string): string => line.replace(/^(?:\s*\[[^\]]{1,40} @ 0x[0-9a-f]+\])+/i, '').trim();
