import { PinholeError } from '@pinhole/core';
import { attributes, parseSdp } from '@pinhole/media/sdp';
import { describe, expect, it } from 'vitest';
import { readAnswer } from './viewer-acceptance.ts';
import { buildOffer, offeredFormats } from './viewer-offering.ts';

const LOCAL = {
  ice: { ufrag: 'ours', password: 'abcdefghijklmnopqrstuv' },
  fingerprint: { algorithm: 'sha-256', value: Array.from({ length: 32 }, () => 'AB').join(':') },
  candidates: [],
};
const TRACKS = {
  cname: 'c',
  videoSsrc: 7,
  audioSsrc: 8,
  rtxSsrc: 9,
  msid: { stream: 'pinhole', video: 'video', audio: 'audio' },
};
const offerOf = (profileLevelId: string): string =>
  buildOffer({
    local: LOCAL,
    tracks: TRACKS,
    sessionId: 1,
    parameters: { profileLevelId },
    channels: 'none',
  });

const ANSWER = [
  'v=0',
  'o=- 5 2 IN IP4 127.0.0.1',
  's=-',
  't=0 0',
  'a=group:BUNDLE 0',
  'm=video 9 UDP/TLS/RTP/SAVPF 97',
  'c=IN IP4 0.0.0.0',
  'a=candidate:1 1 udp 2122260223 192.0.2.7 50000 typ host',
  'a=ice-ufrag:them',
  'a=ice-pwd:0123456789012345678901',
  `a=fingerprint:sha-256 ${LOCAL.fingerprint.value}`,
  'a=setup:passive',
  'a=mid:0',
  'a=extmap:2 http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01',
  'a=recvonly',
  'a=rtcp-mux',
  'a=rtpmap:97 H264/90000',
  'a=fmtp:97 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f',
  '',
].join('\r\n');
const OFFERED = {
  formats: [
    { payloadType: 96, rtxPayloadType: 98 },
    { payloadType: 97, rtxPayloadType: 99 },
  ],
  channels: 'none',
} as const;

describe('an offer of ours', () => {
  it("has the camera's own profile first, and behind it the one that every browser takes", () => {
    const [media] = parseSdp(offerOf('640028')).media;
    expect(media?.formats).toEqual(['96', '98', '97', '99']);
    expect(media && attributes(media, 'ssrc-group')).toEqual(['FID 7 9']);
    expect(media && attributes(media, 'fmtp')).toEqual([
      '96 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=640028',
      '98 apt=96',
      '97 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f',
      '99 apt=97',
    ]);
  });

  it.each(['42c01f', '42e01f'])('has one format where %s is what every browser takes', (profileLevelId) => {
    expect(offeredFormats({ profileLevelId })).toEqual([
      { payloadType: 96, rtxPayloadType: 98, profileLevelId },
    ]);
  });
});

describe('sound', () => {
  const soundOf = (sends: boolean, receives: boolean) =>
    parseSdp(
      buildOffer({
        local: LOCAL,
        tracks: TRACKS,
        sessionId: 1,
        parameters: { profileLevelId: '42e01f' },
        channels: 'some',
        sound: { sends, receives },
        turned: 'turned',
      }),
    );
  const SOUND_ANSWER = [
    'm=audio 9 UDP/TLS/RTP/SAVPF 111',
    'a=mid:1',
    'a=sendrecv',
    'a=extmap:1 urn:ietf:params:rtp-hdrext:sdes:mid',
    'a=rtpmap:111 opus/48000/2',
    '',
  ].join('\r\n');

  it.each([
    [true, false, 'sendonly'],
    [true, true, 'sendrecv'],
    [false, true, 'recvonly'],
  ] as const)('is offered the way it goes: sends %s, receives %s', (sends, receives, direction) => {
    const { lines, media } = soundOf(sends, receives);

    expect(media.map(({ kind }) => kind)).toEqual(['video', 'audio', 'application']);
    expect(lines).toContainEqual({ type: 'a', value: 'group:BUNDLE 0 1 2' });
    const audio = media[1];
    expect(audio && attributes(audio, direction)).toHaveLength(1);
    expect(audio && attributes(audio, 'rtpmap')).toEqual(['111 opus/48000/2']);
    expect(audio && attributes(audio, 'msid')).toEqual(sends ? ['pinhole audio'] : []);
  });

  it('and the turning of the picture are offered where they are wished for alone', () => {
    const turned = (media = soundOf(false, false).media[0]) => media && attributes(media, 'extmap');
    expect(soundOf(false, false).media.map(({ kind }) => kind)).toEqual(['video', 'application']);
    expect(turned()).toContain('5 urn:3gpp:video-orientation');
    expect(turned(parseSdp(offerOf('42e01f')).media[0])).not.toContain('5 urn:3gpp:video-orientation');
  });

  it('is agreed on as far as both want it', () => {
    const read = (answer: string, sends: boolean, receives: boolean) =>
      readAnswer(answer, { ...OFFERED, sound: { sends, receives } }).audio;

    expect(read(ANSWER + SOUND_ANSWER, true, false)).toMatchObject({
      mid: '1',
      payloadType: 111,
      extensionIds: { mid: 1 },
      sends: true,
      receives: false,
    });
    expect(read(ANSWER + SOUND_ANSWER.replace('sendrecv', 'recvonly'), true, true)).toMatchObject({
      sends: true,
      receives: false,
    });
    expect(read(ANSWER + SOUND_ANSWER.replace('audio 9', 'audio 0'), true, true)).toBeUndefined();
    expect(read(ANSWER, true, true)).toBeUndefined();
  });
});

describe('an answer to it', () => {
  it('tells the format, the extensions that stayed, and how the viewer is reached', () => {
    expect(readAnswer(ANSWER, OFFERED)).toMatchObject({
      video: { mid: '0', payloadType: 97, extensionIds: { transportSequence: 2 }, sends: true },
      ice: { ufrag: 'them', role: 'controlled', lite: false },
      candidates: ['1 1 udp 2122260223 192.0.2.7 50000 typ host'],
    });
  });

  it('takes the stream of repairs of its format, or leaves it', () => {
    const repaired = ANSWER.replace('SAVPF 97', 'SAVPF 97 99').replace(
      'a=rtpmap:97',
      'a=rtpmap:99 rtx/90000\r\na=fmtp:99 apt=97\r\na=rtpmap:97',
    );

    expect(readAnswer(repaired, OFFERED).video?.rtxPayloadType).toBe(99);
    expect(readAnswer(repaired.replace('apt=97', 'apt=96'), OFFERED).video?.rtxPayloadType).toBeUndefined();
    expect(readAnswer(ANSWER, OFFERED).video?.rtxPayloadType).toBeUndefined();
  });

  it('may choose to open DTLS, whatever we asked for', () => {
    const answer = ANSWER.replace('setup:passive', 'setup:active');

    expect([ANSWER, answer].map((one) => readAnswer(one, OFFERED).dtlsRole)).toEqual(['server', 'client']);
  });

  it.each([
    ['webrtc/malformed-answer', ['v=0', 'nonsense']],
    ['webrtc/malformed-answer', ['a=ice-pwd:0123456789012345678901', 'a=x:y']],
    ['webrtc/malformed-answer', ['a=fingerprint:sha-256', 'a=fingerprint:md2']],
    ['webrtc/no-h264', ['m=video 9', 'm=video 0']],
    ['webrtc/no-h264', ['H264/90000', 'VP8/90000']],
    ['webrtc/no-h264', ['a=recvonly', 'a=inactive']],
    ['webrtc/unsupported', ['a=mid:0', 'a=mid:7']],
    ['webrtc/unsupported', ['a=setup:passive', 'a=setup:holdconn']],
  ] as const)('is refused with %s when %j', (code, [from, to]) => {
    const answer = ANSWER.replace(from, to);
    expect(() => readAnswer(answer, OFFERED)).toThrowError(expect.objectContaining({ code }));
  });

  it('whatever it says is read or refused with a code', () => {
    const outcomes = new Set<string>();
    for (let at = 0; at < ANSWER.length; at += 3) {
      outcomes.add(outcomeOf(ANSWER.slice(0, at) + ANSWER.slice(at + 5)));
    }

    expect([...outcomes].filter((outcome) => !/^(?:read|webrtc\/[a-z0-9-]+)$/.test(outcome))).toEqual([]);
    expect(outcomes).toContain('read');
  });
});

function outcomeOf(answer: string): string {
  try {
    readAnswer(answer, OFFERED);
    return 'read';
  } catch (thrown) {
    return thrown instanceof PinholeError ? thrown.code : String(thrown);
  }
}
