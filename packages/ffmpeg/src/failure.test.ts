import { expect, it } from 'vitest';
import { failureOf } from './failure.ts';

it.each([
  ['ffmpeg/no-such-host', '[tcp @ 0x1] Failed to resolve hostname nohost.invalid: Name or service not known'],
  ['ffmpeg/refused', '[tcp @ 0x1] Connection to tcp://127.0.0.1:1?timeout=0 failed: Connection refused'],
  ['ffmpeg/unauthorized', '[rtsp @ 0x1] method DESCRIBE failed: 401 Unauthorized'],
  ['ffmpeg/not-found', '[rtsp @ 0x1] method DESCRIBE failed: 404 (Not Found)'],
  ['ffmpeg/timeout', 'rtsp://cam/1: Connection timed out'],
  ['ffmpeg/invalid-input', 'clip.mp4: Invalid data found when processing input'],
  ['ffmpeg/failed', 'something new'],
])('reads %s out of what FFmpeg says', (code, line) => {
  expect(failureOf(['Input/output error', line].slice(code === 'ffmpeg/failed' ? 1 : 0)).code).toBe(code);
});

it('says that FFmpeg did not say why', () => {
  expect(failureOf([]).message).toContain('did not say why');
});

it('leaves the addresses of FFmpeg’s own parts out of its words', () => {
  const { message } = failureOf(['[tcp @ 0x7f12ab] [rtsp @ 0x7f] Connection refused']);
  expect(message).toMatch(/\(FFmpeg: Connection refused\)$/);
});
