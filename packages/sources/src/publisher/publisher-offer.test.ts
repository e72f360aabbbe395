import { attribute, attributes, parseSdp } from '@pinhole/media/sdp';
import { describe, expect, it } from 'vitest';
import { chromiumOffer } from '../../../../test/support/fuzz-sdp.ts';
import { buildPublisherAnswer } from './publisher-answer.ts';
import { readPublisherOffer } from './publisher-offer.ts';

const CHROMIUM = chromiumOffer().replace('a=recvonly', 'a=sendonly');

const TRANSPORT = [
  'c=IN IP4 0.0.0.0',
  'a=ice-ufrag:abcd',
  'a=ice-pwd:0123456789012345678901',
  `a=fingerprint:sha-256 ${Array.from({ length: 32 }, () => 'AB').join(':')}`,
  'a=setup:actpass',
  'a=rtcp-mux',
  'a=rtcp-rsize',
  'a=candidate:1 1 udp 2015363327 192.0.2.1 5000 typ host',
];

/** As a board or a program makes it: no more than WHIP asks for. */
const offerOf = (
  ...sections: readonly {
    readonly kind: string;
    readonly formats: string;
    readonly lines: readonly string[];
    readonly port?: number;
    readonly transport?: false;
  }[]
): string =>
  [
    'v=0',
    'o=- 1 1 IN IP4 0.0.0.0',
    's=-',
    't=0 0',
    `a=group:BUNDLE ${sections.map((_, index) => index).join(' ')}`,
    ...sections.flatMap(({ kind, formats, lines, port = 9, transport }, index) => [
      `m=${kind} ${port} UDP/TLS/RTP/SAVPF ${formats}`,
      ...(transport === false ? [] : TRANSPORT),
      `a=mid:${index}`,
      'a=sendonly',
      ...lines,
    ]),
    '',
  ].join('\r\n');

const H264 = {
  kind: 'video',
  formats: '96 97',
  lines: [
    'a=rtpmap:97 H264/90000',
    'a=fmtp:97 packetization-mode=0;profile-level-id=42e01f',
    'a=rtpmap:96 H264/90000',
    'a=rtcp-fb:* nack pli',
    'a=fmtp:96 packetization-mode=1;profile-level-id=640C1F;sprop-parameter-sets=AAA=',
  ],
};
const OPUS = { kind: 'audio', formats: '111', lines: ['a=rtpmap:111 opus/48000/2'] };
const PCMA = { kind: 'audio', formats: '8', lines: ['a=rtpmap:8 PCMA/8000'] };

const answerTo = (offer: string) =>
  parseSdp(
    buildPublisherAnswer(readPublisherOffer(offer), {
      sessionId: 7,
      local: {
        ice: { ufrag: 'ours', password: 'ourpassword01234567890' },
        fingerprint: { algorithm: 'sha-256', value: 'CD:EF' },
        candidates: [
          {
            foundation: '1',
            component: 1,
            transport: 'udp',
            priority: 1,
            address: '127.0.0.1',
            port: 4000,
            type: 'host',
          },
        ],
      },
    }),
  );

describe('a publisher’s offer', () => {
  it('of Chromium is read: its first H.264, what sends it again, and the extensions', () => {
    const { format, retransmissionType, extensionIds, reducedSize } = readPublisherOffer(CHROMIUM);

    expect(format).toMatchObject({ codec: 'H264' });
    expect(format.parameters.get('packetization-mode')).toBe('1');
    expect(retransmissionType).toBeGreaterThan(0);
    expect(extensionIds).toEqual({ transportSequence: 4 });
    expect(reducedSize).toBe(true);
  });

  it('is answered with that format alone, echoed, receiving', () => {
    const [video] = answerTo(offerOf(H264)).media;

    expect(video?.formats).toEqual(['96']);
    expect(video && attributes(video, 'fmtp')).toEqual(['96 packetization-mode=1;profile-level-id=640C1F']);
    expect(video && attributes(video, 'rtcp-fb')).toEqual(['96 nack pli']);
    expect(video && attribute(video, 'recvonly')).toBe('');
    expect(video && attribute(video, 'setup')).toBe('active');
  });

  it('in packetization-mode 0 alone will do', () => {
    const offer = offerOf({ ...H264, formats: '97' });

    expect(readPublisherOffer(offer).format.payloadType).toBe(97);
  });

  it('with Opus brings sound; the candidates stand once, in the first section', () => {
    const { lines, media } = answerTo(offerOf(OPUS, H264));

    expect(attribute({ lines }, 'group')).toBe('BUNDLE 0 1');
    expect(media.map(({ port }) => port)).toEqual([9, 9]);
    expect(media.map((section) => attributes(section, 'candidate').length)).toEqual([1, 0]);
    expect(media[0] && attribute(media[0], 'rtpmap')).toBe('111 opus/48000/2');
  });

  it('with other sound brings pictures all the same', () => {
    const { lines, media } = answerTo(offerOf(PCMA, H264));

    expect(attribute({ lines }, 'group')).toBe('BUNDLE 1');
    expect(media.map(({ port }) => port)).toEqual([0, 9]);
    expect(media[0] && attribute(media[0], 'inactive')).toBe('');
    expect(media.map((section) => attributes(section, 'candidate').length)).toEqual([0, 1]);
  });

  it('bundled to the utmost tells how it is reached in its first section alone', () => {
    const offer = offerOf(OPUS, {
      ...H264,
      port: 0,
      transport: false,
      lines: [...H264.lines, 'a=bundle-only'],
    });

    expect(readPublisherOffer(offer)).toMatchObject({
      ice: { ufrag: 'abcd' },
      video: { index: 1, mid: '1' },
      audio: { index: 0, payloadType: 111 },
      reducedSize: true,
      candidates: [expect.stringContaining('192.0.2.1')],
    });
  });

  it('of sound that has a connection of its own brings no sound', () => {
    const offer = offerOf(OPUS, H264).replace('a=group:BUNDLE 0 1', 'a=group:BUNDLE 1');

    expect(readPublisherOffer(offer).audio).toBeUndefined();
    expect(answerTo(offer).media.map(({ port }) => port)).toEqual([0, 9]);
  });

  it.each([
    ['webrtc/unsupported', 'no video', offerOf(OPUS)],
    ['webrtc/unsupported', 'a viewer', offerOf(H264).replace('a=sendonly', 'a=recvonly')],
    ['webrtc/unsupported', 'video refused', offerOf({ ...H264, port: 0 })],
    ['webrtc/unsupported', 'a connection for later', offerOf(H264).replace('actpass', 'holdconn')],
    [
      'webrtc/no-h264',
      'VP8 alone',
      offerOf({ kind: 'video', formats: '96', lines: ['a=rtpmap:96 VP8/90000'] }),
    ],
    ['webrtc/malformed-offer', 'no fingerprint', offerOf(H264).replace(/a=fingerprint.*\r\n/, '')],
    ['webrtc/malformed-offer', 'text', 'hello'],
  ])('is refused with %s: %s', (code, _, offer) => {
    expect(() => readPublisherOffer(offer)).toThrowError(expect.objectContaining({ code }));
  });
});
