import { describe, expect, it } from 'vitest';
import { httpFailure } from './http-failure.ts';
import { closeFailure } from './live/close-failure.ts';
import { messageFailure } from './message-failure.ts';

const problem = (status: number, body: object | string, headers: Record<string, string> = {}) =>
  httpFailure('whep', {
    status,
    headers: new Headers(headers),
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });

describe('httpFailure', () => {
  it.each([
    [401, 'whep/unauthorized', 'refused'],
    [403, 'whep/forbidden', 'refused'],
    [404, 'whep/unknown-camera', 'refused'],
    [409, 'whep/not-live', 'retry'],
    [422, 'whep/rejected', 'other-transport'],
    [429, 'whep/busy', 'retry'],
    [418, 'whep/failed', 'other-transport'],
    [502, 'whep/failed', 'retry'],
  ])('%i without words is %s: %s', (status, code, remedy) => {
    expect(problem(status, '<html>proxy</html>')).toMatchObject({ code, remedy });
  });

  it('takes code and words of problem+json', () => {
    const body = { code: 'webrtc/b-frames', title: 'B-frames', detail: 'Switch B-frames off in the camera.' };

    expect(problem(409, body)).toEqual({
      code: 'webrtc/b-frames',
      reason: 'Switch B-frames off in the camera.',
      remedy: 'other-transport',
    });
  });

  it('heeds Retry-After', () => {
    expect(problem(503, '', { 'retry-after': '7' }).retryAfterMs).toBe(7_000);
    expect(problem(503, '', { 'retry-after': 'Wed, 21 Oct 2026 07:28:00 GMT' }).retryAfterMs).toBeUndefined();
  });
});

describe('closeFailure', () => {
  it.each([
    [4401, 'live/unauthorized', 'refused'],
    [4404, 'live/unknown-camera', 'refused'],
    [4413, 'live/stalled', 'retry'],
    [1006, 'live/closed', 'retry'],
  ])('%i is %s: %s', (close, code, remedy) => {
    expect(closeFailure(close, '')).toMatchObject({ code, remedy });
  });
});

describe('messageFailure', () => {
  it('ends for good on a bye that says so', () => {
    expect(messageFailure({ type: 'bye', code: 'revoked', reason: 'The token was revoked.' })).toEqual({
      code: 'session/revoked',
      reason: 'The token was revoked.',
      remedy: 'refused',
    });
  });

  it('goes to the other transport when the stream got B-frames', () => {
    expect(messageFailure({ type: 'bye', code: 'b-frames', reason: '' })?.remedy).toBe('other-transport');
    expect(messageFailure({ type: 'error', code: 'webrtc/b-frames', message: '' })?.remedy).toBe(
      'other-transport',
    );
  });

  it('gives up on JPEG where the server has nothing that makes it', () => {
    expect(messageFailure({ type: 'error', code: 'mjpeg/no-decoder', message: '' })?.remedy).toBe(
      'other-transport',
    );
    expect(messageFailure({ type: 'error', code: 'mjpeg/failed', message: '' })).toBeUndefined();
  });

  it('goes on after an error that a bye does not follow', () => {
    expect(messageFailure({ type: 'error', code: 'live/message', message: '' })).toBeUndefined();
  });
});
