import { millis } from '@pinhole/core';
import { describe, expect, it } from 'vitest';
import { modeOf, nameOf, waysOf, whyOtherwise } from './picture-ways.ts';
import { MODES } from './view-settings.ts';

const BY_WEBSOCKET = { transport: 'websocket', player: 'webcodecs' } as const;
const BY_WEBRTC = { transport: 'webrtc', player: 'native' } as const;
const NO_PATH = {
  transport: 'webrtc',
  code: 'webrtc/failed',
  reason: 'No network path to the camera server',
  nextInMs: millis(11_300),
} as const;

describe('the ways of a mode', () => {
  it('prefer a camera’s own JPEG pictures, unless somebody chooses', () => {
    expect(waysOf('auto', { jpeg: true }).players?.[0]).toBe('jpeg');
    expect(waysOf('auto', { jpeg: false })).toEqual({});
    expect(waysOf('webrtc', { jpeg: true })).toEqual({ transports: ['webrtc'] });
  });

  it('are those that are named so when they play', () => {
    const first = MODES.filter((mode) => mode !== 'auto').map((mode) => {
      const { transports = [], players = [] } = waysOf(mode, { jpeg: false });
      const transport = transports[0] ?? 'webrtc';
      return modeOf({ transport, player: transport === 'webrtc' ? 'native' : (players[0] ?? 'mse') });
    });

    expect(first).toEqual(['webrtc', 'websocket', 'jpeg']);
    expect(
      [BY_WEBRTC, BY_WEBSOCKET, { transport: 'websocket', player: 'jpeg' } as const].map(nameOf),
    ).toEqual(['WebRTC', 'WebSocket', 'MJPEG']);
  });
});

describe('what is said of a picture that comes otherwise', () => {
  it('names what does not work, when it is tried again, and what plays', () => {
    expect(whyOtherwise({ mode: 'auto', way: BY_WEBSOCKET, unavailable: [NO_PATH] })).toBe(
      'WebRTC: no network path to the camera server. Next try in 12 s. It plays by WebSocket.',
    );
  });

  it('says so of a mode that was chosen and does not come, while the picture of before goes on', () => {
    expect(
      whyOtherwise({ mode: 'webrtc', way: BY_WEBSOCKET, unavailable: [{ ...NO_PATH, nextInMs: millis(0) }] }),
    ).toMatch(/It is being tried again\. It plays by WebSocket\.$/);
    expect(whyOtherwise({ mode: 'webrtc', way: undefined, unavailable: [NO_PATH] })).toMatch(/12 s\.$/);
  });

  it('says what a path that brought nothing mostly lacks', () => {
    const nothing = { ...NO_PATH, code: 'webrtc/no-picture', reason: 'No picture came by webrtc.' };

    expect(whyOtherwise({ mode: 'auto', way: BY_WEBSOCKET, unavailable: [nothing] })).toMatch(
      /^WebRTC: no path by UDP or TCP /,
    );
  });

  it('tells what this browser lacks, and that trying again is useless', () => {
    const lacks = {
      transport: 'webrtc',
      code: 'webrtc/unsupported',
      reason: 'This browser has no WebRTC.',
    } as const;

    expect(
      whyOtherwise({
        mode: 'auto',
        way: { transport: 'websocket', player: 'mse' },
        unavailable: [lacks],
        noWebCodecs: 'WebCodecs needs a page over https',
      }),
    ).toBe(
      'WebRTC: this browser has no WebRTC. It is not tried again. WebCodecs needs a page over https. It plays by WebSocket.',
    );
  });

  it('is nothing where it comes as it should', () => {
    expect(whyOtherwise({ mode: 'auto', way: BY_WEBRTC, unavailable: [] })).toBeUndefined();
    expect(whyOtherwise({ mode: 'jpeg', way: undefined, unavailable: [] })).toBeUndefined();
  });
});
