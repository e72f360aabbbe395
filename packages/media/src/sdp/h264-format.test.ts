import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { chooseH264, h264Profile } from './h264-format.ts';
import { parseSdp, type SdpMedia } from './session-description.ts';

const videoOf = (text: string): SdpMedia => {
  const media = parseSdp(text).media.find(({ kind }) => kind === 'video');
  if (!media) throw new Error('no video');
  return media;
};

const recorded = (name: string): SdpMedia =>
  videoOf(readFileSync(join(import.meta.dirname, 'fixtures', name), 'utf8'));

describe('h264Profile', () => {
  it.each([
    ['42e01f', 'constrained-baseline'],
    ['42c028', 'constrained-baseline'],
    ['42001f', 'baseline'],
    ['4d0028', 'main'],
    ['4d4028', 'main'],
    ['4d801f', 'constrained-baseline'],
    ['640028', 'high'],
    ['640c1f', 'constrained-high'],
    ['f4001f', 'high-4:4:4'],
    ['6e0028', 'high-10'],
    ['123456', undefined],
    ['42e0', undefined],
    ['', undefined],
  ])('%s is %s', (profileLevelId, profile) => {
    expect(h264Profile(profileLevelId)).toBe(profile);
  });
});

describe('the format on which a stream is sent', () => {
  const chromium = recorded('chromium-156.offer.sdp');

  it.each([
    ['constrained baseline', '42c01e', 108, '42e01f'],
    ['baseline', '42001e', 102, '42001f'],
    ['main', '4d0028', 116, '4d001f'],
    ['high, which Chromium does not name and yet decodes', '640028', 108, '42e01f'],
    ['a profile nobody knows', 'ffffff', 108, '42e01f'],
  ])('for %s from Chromium 156', (_name, profileLevelId, payloadType, offered) => {
    expect(chooseH264(chromium, { profileLevelId })).toMatchObject({ payloadType, profileLevelId: offered });
  });

  it('brings its feedback along', () => {
    expect(chooseH264(chromium, { profileLevelId: '42e01f' })?.feedback).toEqual([
      'goog-remb',
      'transport-cc',
      'ccm fir',
      'nack',
      'nack pli',
    ]);
  });

  it('is none for a Firefox without its codec plugin', () => {
    const firefox = recorded('firefox-153-without-openh264.offer.sdp');

    expect(chooseH264(firefox, { profileLevelId: '42e01f' })).toBeUndefined();
  });

  it('is none when only packetization-mode 0 is offered', () => {
    const media = videoOf('v=0\nm=video 9 X 96\na=rtpmap:96 H264/90000\na=fmtp:96 profile-level-id=42e01f\n');

    expect(chooseH264(media, { profileLevelId: '42e01f' })).toBeUndefined();
  });

  it('is the first one when nothing fits better', () => {
    const media = videoOf(`v=0
m=video 9 X 97 96
a=rtpmap:96 h264/90000
a=fmtp:96 packetization-mode=1; profile-level-id=640C1F
a=rtpmap:97 H264/90000
a=fmtp:97 Packetization-Mode=1;profile-level-id=f4001f
`);

    expect(chooseH264(media, { profileLevelId: '4d0028' })).toMatchObject({ payloadType: 97 });
    expect(chooseH264(media, { profileLevelId: '640c28' })).toMatchObject({
      payloadType: 96,
      profileLevelId: '640c1f',
    });
  });

  it('without profile-level-id it is baseline', () => {
    const media = videoOf('v=0\nm=video 9 X 96\na=rtpmap:96 H264/90000\na=fmtp:96 packetization-mode=1\n');

    expect(chooseH264(media, { profileLevelId: '42001f' })).toMatchObject({ profileLevelId: '42000a' });
  });
});
