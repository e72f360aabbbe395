import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { StreamParameters } from '@pinhole/engine';
import { attribute, attributeLine, attributes, parseSdp, serializeSdp } from '@pinhole/media/sdp';
import { describe, expect, it } from 'vitest';
import { buildAnswer } from './viewer-answer.ts';
import { type OfferWishes, readOffer, type ViewerOffer } from './viewer-offer.ts';

const recorded = (name: string): string =>
  readFileSync(join(import.meta.dirname, '../../../media/src/sdp/fixtures', name), 'utf8');

const CHROMIUM = recorded('chromium-156.offer.sdp');

const parametersOf = (profileLevelId: string, changes: Partial<StreamParameters> = {}): StreamParameters => ({
  sps: new Uint8Array(4),
  pps: [],
  codec: `avc1.${profileLevelId}`,
  profileLevelId,
  width: 640,
  height: 360,
  bFrames: false,
  ...changes,
});

const read = (
  offer: string,
  changes?: Partial<StreamParameters>,
  wishes: Partial<OfferWishes> = {},
): ViewerOffer =>
  readOffer(offer, { parameters: parametersOf('42c01e', changes), video: 'required', ...wishes });

const BOTH = { sound: { sends: true, receives: true } };
const SENDS = { sound: { sends: true, receives: false } };

/** Chromium's offer with sound in that direction. */
const withSound = (direction: string): string =>
  `${CHROMIUM.replace('BUNDLE 0 1', 'BUNDLE 0 1 2').trimEnd()}
m=audio 9 UDP/TLS/RTP/SAVPF 63 111
a=mid:2
a=${direction}
a=rtpmap:63 red/48000/2
a=rtpmap:111 opus/48000/2
a=extmap:1 urn:ietf:params:rtp-hdrext:ssrc-audio-level
a=extmap:9 urn:ietf:params:rtp-hdrext:sdes:mid
`;

/** As a stock client of picamera makes it that wants data channels alone. */
const CHANNELS_ALONE = (() => {
  const { lines, media } = parseSdp(CHROMIUM);
  const [, channels] = media;
  if (!channels) throw new Error('no data channels in the recording');
  const group = lines.map((line) =>
    line.value.startsWith('group:') ? attributeLine('group', 'BUNDLE 1') : line,
  );
  return serializeSdp({ lines: group, media: [channels] });
})();

describe('readOffer', () => {
  it("reads Chromium's", () => {
    expect(read(CHROMIUM)).toMatchObject({
      ice: { ufrag: 'jq4l', password: 'SoGsJq01NkFi78xzxq2SaXHR', lite: false },
      fingerprints: [{ algorithm: 'sha-256' }],
      video: {
        index: 0,
        mid: '0',
        payloadType: 108,
        extensionIds: { mid: 9, transportSequence: 4, playoutDelay: 5 },
      },
      channels: { index: 1, mid: '1', sctpPort: 5000, maxMessageBytes: 262_144 },
    });
  });

  it('reads abs-capture-time where the client added it', () => {
    const offer = CHROMIUM.replace(
      'a=recvonly',
      'a=extmap:12 http://www.webrtc.org/experiments/rtp-hdrext/abs-capture-time\na=recvonly',
    );

    expect(read(offer).video?.extensionIds.absCaptureTime).toBe(12);
  });

  it('leaves out extensions whose id needs the larger header', () => {
    expect(
      read(CHROMIUM.replace('extmap:5 ', 'extmap:20 ')).video?.extensionIds.playoutDelay,
    ).toBeUndefined();
  });

  it('sends a Firefox without its codec plugin to the WebSocket path', () => {
    expect(() => read(recorded('firefox-153-without-openh264.offer.sdp'))).toThrowError(
      expect.objectContaining({
        code: 'webrtc/no-h264',
        message: expect.stringMatching(/offers VP8, RTX, VP9, .*WebSocket path/),
      }),
    );
  });

  it('refuses B-frames and names the setting', () => {
    expect(() => read(CHROMIUM, { bFrames: true })).toThrowError(
      expect.objectContaining({
        code: 'webrtc/b-frames',
        message: expect.stringContaining('set B-frames to 0'),
      }),
    );
  });

  it.each([
    ['webrtc/malformed-offer', 'text', () => 'hello'],
    ['webrtc/malformed-offer', 'no password', () => CHROMIUM.replace(/a=ice-pwd:.*\n/, '')],
    ['webrtc/malformed-offer', 'a short ufrag', () => CHROMIUM.replace('a=ice-ufrag:jq4l', 'a=ice-ufrag:j')],
    ['webrtc/malformed-offer', 'no fingerprint', () => CHROMIUM.replace(/a=fingerprint:.*\n/, '')],
    ['webrtc/malformed-offer', 'a mid of odd letters', () => CHROMIUM.replace('a=mid:0', 'a=mid:<0>')],
    ['webrtc/unsupported', 'no video', () => CHROMIUM.replace('m=video 9', 'm=audio 9')],
    ['webrtc/unsupported', 'video refused', () => CHROMIUM.replace('m=video 9', 'm=video 0')],
    ['webrtc/unsupported', 'a viewer that sends', () => CHROMIUM.replace('a=recvonly', 'a=sendonly')],
    [
      'webrtc/unsupported',
      'a connection that is kept for later',
      () => CHROMIUM.replaceAll('setup:actpass', 'setup:holdconn'),
    ],
  ])('%s is what an offer with %s gets', (code, _what, offer) => {
    expect(() => read(offer())).toThrowError(expect.objectContaining({ code }));
  });
});

describe('readOffer of more than pictures, or less', () => {
  it.each([
    ['sendrecv', BOTH, { sends: true, receives: true }],
    ['sendrecv', SENDS, { sends: true, receives: false }],
    ['recvonly', BOTH, { sends: true, receives: false }],
    ['sendonly', BOTH, { sends: false, receives: true }],
    ['sendonly', SENDS, { sends: false, receives: false }],
    ['inactive', BOTH, { sends: false, receives: false }],
  ])('agrees on the sound of a section that is %s, %o', (direction, wishes, agreed) => {
    expect(read(withSound(direction), {}, wishes).audio).toMatchObject({
      mid: '2',
      payloadType: 111,
      extensionIds: { mid: 9 },
      ...agreed,
    });
  });

  it('passes over sound that is not wanted, is no Opus, or has a connection of its own', () => {
    expect(read(withSound('sendrecv')).audio).toBeUndefined();
    expect(read(withSound('sendrecv').replace('opus/', 'g722/'), {}, BOTH).audio).toBeUndefined();
    expect(read(withSound('sendrecv').replace('0 1 2', '0 1'), {}, BOTH).audio).toBeUndefined();
  });

  it('takes an offer of data channels alone where pictures are not required', () => {
    const { video, channels, ice, fingerprints } = read(CHANNELS_ALONE, {}, { video: 'if-offered' });

    expect(video).toBeUndefined();
    expect(channels).toMatchObject({ index: 0, mid: '1' });
    expect([ice.ufrag, fingerprints.length]).toEqual(['jq4l', 1]);
    expect(() => read(CHANNELS_ALONE)).toThrowError(expect.objectContaining({ code: 'webrtc/unsupported' }));
  });

  it('needs no picture of the camera for sound and data channels', () => {
    const options = { parameters: undefined, video: 'if-offered', ...BOTH } as const;
    const soundAlone = withSound('sendrecv')
      .replace('m=video 9', 'm=video 0')
      .replace('a=recvonly', 'a=inactive');

    expect(readOffer(CHANNELS_ALONE, options).channels).toBeDefined();
    expect(readOffer(soundAlone, options)).toMatchObject({ audio: { index: 2 }, channels: { index: 1 } });
  });

  it('leaves the picture out for a viewer that plays no H.264, where it is not required', () => {
    const vp8 = CHROMIUM.replaceAll('H264/90000', 'VP8/90000');

    expect(read(vp8, {}, { video: 'if-offered' })).toMatchObject({ channels: { index: 1 } });
    expect(() => read(vp8)).toThrowError(expect.objectContaining({ code: 'webrtc/no-h264' }));
  });

  it('keeps a picture that rests, where pictures are not required', () => {
    const resting = CHROMIUM.replace('a=recvonly', 'a=inactive');

    expect(read(resting, {}, { video: 'if-offered' }).video).toMatchObject({ mid: '0', sends: false });
    expect(read(CHROMIUM).video).toMatchObject({ sends: true });
  });

  it('refuses what asks for nothing that there is', () => {
    const nothing = CHANNELS_ALONE.replace('webrtc-datachannel', 'something-else');

    expect(() => read(nothing, {}, { video: 'if-offered' })).toThrowError(
      expect.objectContaining({ code: 'webrtc/unsupported' }),
    );
  });
});

describe('buildAnswer', () => {
  const local = {
    ice: { ufrag: 'abcd', password: 'abcdefghijklmnopqrstuv' },
    fingerprint: { algorithm: 'sha-256', value: 'AA:BB' },
    candidates: [
      {
        foundation: '1',
        component: 1,
        transport: 'udp',
        priority: 2_130_706_431,
        address: '192.0.2.7',
        port: 5004,
        type: 'host',
      },
    ],
  } as const;
  const side = {
    local,
    tracks: {
      cname: 'cname',
      videoSsrc: 7,
      audioSsrc: 8,
      rtxSsrc: 9,
      msid: { stream: 'garden', video: 'v', audio: 'a' },
    },
    sessionId: 9,
    version: 1,
  };

  it('answers one H.264 format, with all candidates and their end', () => {
    const [video] = parseSdp(buildAnswer(read(CHROMIUM), side)).media;

    expect(video).toMatchObject({ kind: 'video', port: 9, formats: ['108', '109'] });
    if (!video) return;
    expect(attributes(video, 'fmtp')).toEqual([
      '108 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f',
      '109 apt=108',
    ]);
    expect(attributes(video, 'ssrc-group')).toEqual(['FID 7 9']);
    expect(attributes(video, 'rtcp-fb')).toEqual([
      '108 nack',
      '108 nack pli',
      '108 ccm fir',
      '108 transport-cc',
      '108 goog-remb',
    ]);
    expect(attributes(video, 'candidate')).toEqual(['1 1 udp 2130706431 192.0.2.7 5004 typ host']);
    expect(attribute(video, 'end-of-candidates')).toBe('');
    expect(attribute(video, 'setup')).toBe('active');
    expect(attribute(video, 'sendonly')).toBe('');
  });

  it('refuses the sections it has no use for, and bundles the others', () => {
    const offer = CHROMIUM.replace('BUNDLE 0 1', 'BUNDLE 0 1 2').trimEnd();
    const audio = 'm=audio 9 UDP/TLS/RTP/SAVPF 111\na=mid:2\na=recvonly\na=rtpmap:111 opus/48000/2\n';

    const answer = parseSdp(buildAnswer(read(`${offer}\n${audio}`), side));

    expect(answer.media.map(({ kind, port }) => [kind, port])).toEqual([
      ['video', 9],
      ['application', 9],
      ['audio', 0],
    ]);
    expect(attribute(answer, 'group')).toBe('BUNDLE 0 1');
  });

  it('refuses data channels that are not bundled with the picture', () => {
    const answer = parseSdp(buildAnswer(read(CHROMIUM.replace('BUNDLE 0 1', 'BUNDLE 0')), side));

    expect(answer.media[1]?.port).toBe(0);
  });

  it.each([
    [BOTH, 'sendrecv', 'sendrecv'],
    [SENDS, 'sendrecv', 'sendonly'],
    [{ sound: { sends: false, receives: true } }, 'sendrecv', 'recvonly'],
    [{ sound: { sends: false, receives: false } }, 'recvonly', 'inactive'],
  ])('answers sound: %o of %s is %s', (wishes, offered, answered) => {
    const [, , audio] = parseSdp(buildAnswer(read(withSound(offered), {}, wishes), side)).media;

    expect(audio).toMatchObject({ kind: 'audio', port: 9, formats: ['111'] });
    if (!audio) return;
    expect(attribute(audio, answered)).toBe('');
    expect(attributes(audio, 'rtpmap')).toEqual(['111 opus/48000/2']);
    expect(attributes(audio, 'extmap')).toEqual(['9 urn:ietf:params:rtp-hdrext:sdes:mid']);
    expect(attributes(audio, 'candidate')).toEqual([]);
  });

  it('does not refuse a picture that rests', () => {
    const resting = read(CHROMIUM.replace('a=recvonly', 'a=inactive'), {}, { video: 'if-offered' });
    const [video] = parseSdp(buildAnswer(resting, side)).media;

    expect(video?.port).toBe(9);
    expect(video && attribute(video, 'inactive')).toBe('');
    expect(video && attribute(video, 'msid')).toBeUndefined();
  });

  it('names all tracks as of one stream', () => {
    const { media } = parseSdp(buildAnswer(read(withSound('sendrecv'), {}, BOTH), side));

    expect(media.map((section) => attribute(section, 'msid'))).toEqual(['garden v', undefined, 'garden a']);
    expect(media[2] && attributes(media[2], 'ssrc')).toEqual(['8 cname:cname', '8 msid:garden a']);
  });

  it('tells the candidates in the section that stands for the connection, whichever it is', () => {
    const [channels] = parseSdp(buildAnswer(read(CHANNELS_ALONE, {}, { video: 'if-offered' }), side)).media;

    expect(channels && attributes(channels, 'candidate')).toHaveLength(1);
    expect(channels && attribute(channels, 'max-message-size')).toBe('262144');
  });
});
