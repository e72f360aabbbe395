import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseSdp, type SdpMedia } from '@pinhole/media/sdp';
import { describe, expect, it } from 'vitest';
import { readVideo } from './offered-video.ts';

const CHROMIUM = readFileSync(
  join(import.meta.dirname, '../../../media/src/sdp/fixtures/chromium-156.offer.sdp'),
  'utf8',
);

const PARAMETERS = {
  sps: new Uint8Array(4),
  pps: [],
  codec: 'avc1.42c01e',
  profileLevelId: '42c01e',
  width: 640,
  height: 360,
  bFrames: false,
};

const read = (offer: string) => {
  const [video] = parseSdp(offer).media;
  if (!video) throw new Error('no video');
  return readVideo(video satisfies SdpMedia, 0, PARAMETERS);
};

describe('the stream of repairs', () => {
  it('is the one that names the format that is sent', () => {
    expect(read(CHROMIUM)).toMatchObject({ payloadType: 108, rtxPayloadType: 109 });
  });

  it.each([
    ['another format', 'apt=107'],
    ['no format', 'apt='],
    ['a number with more behind it', 'apt=1080'],
  ])('is none where it names %s', (_name, named) => {
    expect(
      read(CHROMIUM.replace('a=fmtp:109 apt=108', `a=fmtp:109 ${named}`)).rtxPayloadType,
    ).toBeUndefined();
  });

  it('is none where its clock is another', () => {
    expect(
      read(CHROMIUM.replace('a=rtpmap:109 rtx/90000', 'a=rtpmap:109 rtx/48000')).rtxPayloadType,
    ).toBeUndefined();
  });
});
