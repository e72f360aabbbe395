import { MalformedError } from '@pinhole/core';
import fc from 'fast-check';
import { expect, it, test } from 'vitest';
import { describedVideo } from './described-video.ts';
import { HandOver, RtspError } from './rtsp-error.ts';

const SPS = 'Z0IAKeKQCgC3YC3AQEBpB4kRUA==';
const PPS = 'aM48gA==';
const sdp = (...lines: readonly string[]): string =>
  ['v=0', 'o=- 0 0 IN IP4 0.0.0.0', 's=x', 't=0 0', ...lines].join('\r\n');
const H264 = ['m=video 0 RTP/AVP 96', 'a=rtpmap:96 H264/90000'];

it('reads the description of a network camera', () => {
  const video = describedVideo(
    sdp(
      'a=control:*',
      'a=range:npt=0-',
      'm=video 0 RTP/AVP 96',
      'b=AS:500',
      'a=framerate:25.0',
      'a=rtpmap:96 H264/90000',
      `a=fmtp:96 packetization-mode=1;profile-level-id=420029;sprop-parameter-sets=${SPS},${PPS}`,
      'a=control:trackID=1',
      'm=audio 0 RTP/AVP 97',
      'a=rtpmap:97 MPEG4-GENERIC/16000',
      'a=control:trackID=2',
    ),
    'rtsp://cam/live/',
  );

  expect(video).toEqual({
    trackUrl: 'rtsp://cam/live/trackID=1',
    sessionUrl: 'rtsp://cam/live/',
    payloadType: 96,
    ticksPerSecond: 90_000,
    parameterSets: [new Uint8Array(Buffer.from(SPS, 'base64')), new Uint8Array(Buffer.from(PPS, 'base64'))],
  });
});

it.each([
  [
    'with start codes in them',
    `${Buffer.from([0, 0, 0, 1, 0x67, 0x42, 0]).toString('base64')},${PPS}`,
    [0x67, 0x68],
  ],
  ['that are none', '!!,AAAA,,Zw==', []],
  ['cut short', `${SPS.slice(0, 10)}`, [0x67]],
])('takes parameter sets %s', (_, sets, firstBytes) => {
  const video = describedVideo(sdp(...H264, `a=fmtp:96 sprop-parameter-sets=${sets}`), 'rtsp://cam/');

  expect(video.parameterSets.map(([first]) => first)).toEqual(firstBytes);
});

it('takes control addresses as they are, relative to the session where that has one', () => {
  const video = describedVideo(
    sdp('a=control:rtsp://10.0.0.9/s?x=1', ...H264, 'a=control:track1'),
    'rtsp://cam/',
  );

  expect(video).toMatchObject({
    sessionUrl: 'rtsp://10.0.0.9/s?x=1',
    trackUrl: 'rtsp://10.0.0.9/s?x=1/track1',
  });
});

it('does without control addresses', () => {
  expect(describedVideo(sdp(...H264), 'rtsp://cam/1')).toMatchObject({
    trackUrl: 'rtsp://cam/1',
    sessionUrl: 'rtsp://cam/1',
  });
});

it.each([
  ['JPEG', ['m=video 0 RTP/AVP 26']],
  ['H265', ['m=video 0 RTP/AVP 96', 'a=rtpmap:96 H265/90000']],
  ['MP2T', ['m=video 5004 udp 33']],
  ['RTP/SAVP', ['m=video 0 RTP/SAVP 96', 'a=rtpmap:96 H264/90000']],
  ['packetization-mode 2', [...H264, 'a=fmtp:96 packetization-mode=2']],
  ['payload type 99', ['m=video 0 RTP/AVP 99']],
])('leaves %s to FFmpeg', (words, lines) => {
  expect(() => describedVideo(sdp(...lines), 'rtsp://cam/')).toThrowError(HandOver);
  expect(() => describedVideo(sdp(...lines), 'rtsp://cam/')).toThrowError(words);
});

test('any text at all is a description, or is refused as one of three', () => {
  const lines = [
    'v=0',
    'm=video 0 RTP/AVP 96',
    'a=rtpmap:96 H264/90000',
    'a=control:',
    'a=fmtp:96 sprop-parameter-sets=',
  ];
  const part = fc.oneof(
    fc.constantFrom(...lines, '\r\n', '\n'),
    fc.string({ unit: 'binary', maxLength: 12 }),
  );
  fc.assert(
    fc.property(fc.array(part, { maxLength: 16 }), (parts) => {
      const thrown = thrownBy(() => describedVideo(parts.join(''), 'rtsp://cam/'));

      expect([undefined, MalformedError, HandOver, RtspError]).toContain(thrown?.constructor);
    }),
    { numRuns: 3000 },
  );
});

function thrownBy(run: () => unknown): object | undefined {
  try {
    run();
    return undefined;
  } catch (thrown) {
    return thrown as object;
  }
}
