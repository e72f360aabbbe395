import { millis } from '@pinhole/core';
import { describe, expect, it } from 'vitest';
import { type RtspSetup, setUpRtsp } from '../support/rtsp-rig.ts';

describe('a camera', () => {
  it('is asked in the order of RFC 2326, and told when we leave', async (test) => {
    const { camera, run } = await setUpRtsp(test, {});
    await run.until(() => run.units.length >= 3);
    await run.stop();

    expect(camera.methods).toEqual(['OPTIONS', 'DESCRIBE', 'SETUP', 'PLAY', 'TEARDOWN']);
    expect(camera.asked.map(({ headers }) => headers['cseq'])).toEqual(['1', '2', '3', '4', '5']);
    expect(camera.asked.map(({ headers }) => headers['session'])).toEqual([
      undefined,
      undefined,
      undefined,
      '7',
      '7',
    ]);
    expect(camera.asked[2]?.url).toBe(camera.url('/live/track1'));
    expect(camera.asked[2]?.headers['transport']).toBe('RTP/AVP/TCP;unicast;interleaved=0-1');
  });

  it.for<readonly [string, RtspSetup]>([
    ['numbers its answers one behind', { sequence: (ours) => ours - 1 }],
    ['numbers no answers', { sequence: () => undefined }],
    ['puts empty lines between its frames', { noise: Buffer.from('\r\n') }],
    ['puts stray bytes between its frames', { noise: Uint8Array.of(0, 0, 7, 0xff) }],
    [
      'takes other channels than it was asked for',
      {
        channel: 8,
        answer: ({ method }) =>
          method === 'SETUP'
            ? { headers: ['Session: 7', 'Transport: RTP/AVP/TCP;unicast;interleaved=8-9;ssrc=2A27A3FB'] }
            : undefined,
      },
    ],
    [
      'leaves the channels out',
      {
        answer: ({ method }) =>
          method === 'SETUP' ? { headers: ['Session: 7', 'Transport: RTP/AVP/TCP;unicast'] } : undefined,
      },
    ],
    [
      'has no Transport in its answer',
      { answer: ({ method }) => (method === 'SETUP' ? { headers: ['session:7'] } : undefined) },
    ],
    [
      'knows no OPTIONS',
      { answer: ({ method }) => (method === 'OPTIONS' ? { status: '551 Option not supported' } : undefined) },
    ],
    [
      'refuses the range',
      {
        answer: ({ method, headers }) =>
          method === 'PLAY' && headers['range'] !== undefined ? { status: '457 Invalid Range' } : undefined,
      },
    ],
    ['asks whether we are there', { asks: 'OPTIONS' }],
    ['asks what we do not know', { asks: 'PLAY_NOTIFY' }],
    [
      'has empty lines and nonsense in its description',
      {
        sdp: [
          'v=0',
          '',
          's=x',
          'nonsense',
          ' m=audio 0 RTP/AVP 0',
          'm=video 0 RTP/AVP 96',
          '',
          'a=rtpmap:96 H264/90000',
        ],
      },
    ],
    [
      'has two video streams, H.264 second',
      {
        sdp: [
          'v=0',
          's=x',
          'm=video 0 RTP/AVP 97',
          'a=rtpmap:97 H265/90000',
          'm=video 0 RTP/AVP 96',
          'a=rtpmap:96 H264/90000',
        ],
      },
    ],
  ])('works that %s', async ([, setup], test) => {
    const { run } = await setUpRtsp(test, setup);

    await run.until(() => run.units.length >= 5);

    expect(run.source.way).toBe('direct');
    expect(run.codes).toEqual([]);
    expect(run.units.map((unit) => unit.sequence)).toEqual(run.units.map((_, i) => i));
    expect(run.units.slice(0, 5).map((unit) => unit.pts)).toEqual([0, 10_000, 20_000, 30_000, 40_000]);
  });

  it.for<readonly [string, string, RtspSetup]>([
    [
      'source/not-found',
      'check the path',
      { answer: ({ method }) => (method === 'DESCRIBE' ? { status: '404 Not Found' } : undefined) },
    ],
    [
      'source/unauthorized',
      '403',
      { answer: ({ method }) => (method === 'DESCRIBE' ? { status: '403 Forbidden' } : undefined) },
    ],
    [
      'source/failed',
      'transport=udp',
      { answer: ({ method }) => (method === 'SETUP' ? { status: '461 Unsupported Transport' } : undefined) },
    ],
    [
      'source/failed',
      'PLAY: 500 Oh no',
      { answer: ({ method }) => (method === 'PLAY' ? { status: '500 Oh\u0007 no' } : undefined) },
    ],
    [
      'source/failed',
      'no more clients',
      {
        answer: ({ method }) => (method === 'DESCRIBE' ? { status: '453 Not Enough Bandwidth' } : undefined),
      },
    ],
    [
      'source/failed',
      'another host, 192.0.2.1',
      {
        answer: ({ method }) =>
          method === 'DESCRIBE'
            ? { status: '302 Found', headers: ['Location: rtsp://192.0.2.1/live'] }
            : undefined,
      },
    ],
    [
      'source/failed',
      'in circles',
      {
        answer: ({ method, url }) =>
          method === 'DESCRIBE' ? { status: '301 Moved', headers: [`Location: ${url}`] } : undefined,
      },
    ],
    ['source/no-video', 'no video', { sdp: ['v=0', 's=x', 'm=audio 0 RTP/AVP 0'] }],
    [
      'source/no-ffmpeg',
      'H265, not H.264',
      { sdp: ['v=0', 's=x', 'm=video 0 RTP/AVP 96', 'a=rtpmap:96 H265/90000'] },
    ],
    [
      'source/no-ffmpeg',
      'RTP/SAVP',
      { sdp: ['v=0', 's=x', 'm=video 0 RTP/SAVP 96', 'a=rtpmap:96 H264/90000'] },
    ],
    [
      'source/invalid-input',
      'rtsp/content-length',
      {
        answer: ({ method }) =>
          method === 'DESCRIBE' ? { headers: ['Content-Length: many'], body: '' } : undefined,
      },
    ],
    ['source/invalid-input', 'cannot be read any more', { noise: Buffer.alloc(200_000, 1) }],
    ['source/ended', 'TEARDOWN', { asks: 'TEARDOWN' }],
    ['source/ended', 'ended the stream', { pictures: 5 }],
    [
      'source/timeout',
      'no first picture',
      {
        source: { connectMs: millis(300) },
        answer: ({ method }) => (method === 'DESCRIBE' ? { silent: true } : undefined),
      },
    ],
  ])('that is of no use tells %s: %s', async ([code, words, setup], test) => {
    const { run } = await setUpRtsp(test, setup);

    await run.until(() => run.codes.length > 0);

    expect(run.states.find((state) => 'code' in state)).toMatchObject({
      code,
      why: expect.stringContaining(words),
    });
  });
});
