import { attribute, parseSdp, serializeSdp } from '@pinhole/media/sdp';
import { describe, expect, it } from 'vitest';
import { answeringSide, transportLines } from './answer-sections.ts';
import { readRemoteSide } from './offer-transport.ts';

const OURS = {
  ice: { ufrag: 'ours', password: 'ourpassword01234567890' },
  fingerprint: { algorithm: 'sha-256', value: 'CD:EF' },
  candidates: [],
};

/** What is offered, and what is answered to it. */
function setupAnsweredTo(setup: string | undefined): string | undefined {
  const offer = parseSdp(
    [
      'v=0',
      'o=- 1 1 IN IP4 0.0.0.0',
      's=-',
      't=0 0',
      'm=video 9 UDP/TLS/RTP/SAVPF 96',
      'a=ice-ufrag:abcd',
      'a=ice-pwd:0123456789012345678901',
      `a=fingerprint:sha-256 ${Array.from({ length: 32 }, () => 'AB').join(':')}`,
      ...(setup === undefined ? [] : [`a=setup:${setup}`]),
      '',
    ].join('\r\n'),
  );
  const [media] = offer.media;
  if (!media) throw new Error('no section');
  const lines = transportLines('0', answeringSide(OURS, readRemoteSide(offer, media)));
  const answer = parseSdp(serializeSdp({ lines: offer.lines, media: [{ ...media, lines }] }));
  return answer.media[0] && attribute(answer.media[0], 'setup');
}

describe('who opens DTLS', () => {
  it.each([
    ['actpass', 'active'],
    ['passive', 'active'],
    [undefined, 'active'],
    ['active', 'passive'],
  ])('to an offer of %s we answer %s', (offered, answered) => {
    expect(setupAnsweredTo(offered)).toBe(answered);
  });

  it.each(['holdconn', '', 'ACTIVE'])('an offer of "%s" is refused by name', (setup) => {
    expect(() => setupAnsweredTo(setup)).toThrowError(
      expect.objectContaining({ code: 'webrtc/unsupported', message: expect.stringContaining(setup) }),
    );
  });
});
