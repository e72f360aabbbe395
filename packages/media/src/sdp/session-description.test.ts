import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { MalformedError } from '@pinhole/core';
import { describe, expect, it } from 'vitest';
import { attribute, attributes, parseSdp, SDP_LIMITS, serializeSdp } from './session-description.ts';

const recorded = (name: string): string => readFileSync(join(import.meta.dirname, 'fixtures', name), 'utf8');

const OFFERS = ['chromium-156.offer.sdp', 'firefox-153-without-openh264.offer.sdp'];

const outcomeOf = (text: string): string => {
  try {
    parseSdp(text);
    return 'parsed';
  } catch (thrown) {
    return thrown instanceof MalformedError ? 'malformed' : String(thrown);
  }
};

describe('parseSdp', () => {
  it.each(OFFERS)('%s comes back line by line', (name) => {
    const text = recorded(name);

    expect(serializeSdp(parseSdp(text))).toBe(text.replaceAll('\n', '\r\n'));
  });

  it('reads what a browser says of its m-sections', () => {
    const { media } = parseSdp(recorded('chromium-156.offer.sdp'));

    expect(media.map(({ kind, port, protocol }) => ({ kind, port, protocol }))).toEqual([
      { kind: 'video', port: 9, protocol: 'UDP/TLS/RTP/SAVPF' },
      { kind: 'application', port: 9, protocol: 'UDP/DTLS/SCTP' },
    ]);
    expect(media[1]?.formats).toEqual(['webrtc-datachannel']);
  });

  it('takes CRLF, LF and empty lines at the end alike', () => {
    const expected = parseSdp('v=0\r\ns=-\r\n');

    expect(parseSdp('v=0\ns=-\n\n\n')).toEqual(expected);
  });

  it.each([
    ['sdp/version', ''],
    ['sdp/version', '{"type":"offer"}'],
    ['sdp/version', 'v=1\r\n'],
    ['sdp/line', 'v=0\r\nno equals sign\r\n'],
    ['sdp/line', 'v=0\r\n\r\ns=-\r\n'],
    ['sdp/media', 'v=0\r\nm=video\r\n'],
    ['sdp/media', 'v=0\r\nm=video 99999 RTP/AVP 96\r\n'],
    ['sdp/media', 'v=0\r\nm=video -1 RTP/AVP 96\r\n'],
    ['sdp/too-large', `v=0\r\n${'a=x\r\n'.repeat(SDP_LIMITS.lines)}`],
    ['sdp/too-large', `v=0\r\n${'m=video 9 RTP/AVP 96\r\n'.repeat(SDP_LIMITS.media + 1)}`],
    ['sdp/too-large', `v=0\r\na=${'x'.repeat(SDP_LIMITS.characters)}\r\n`],
  ])('%s is what %j gives', (code, text) => {
    expect(() => parseSdp(text)).toThrowError(expect.objectContaining({ code }));
  });

  it('any change to a real offer either parses or throws MalformedError', () => {
    const text = recorded('chromium-156.offer.sdp');
    let seed = 7;
    const random = (below: number): number => {
      seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31;
      return seed % below;
    };
    const outcomes = new Set<string>();
    for (let i = 0; i < 2000; i++) {
      const at = random(text.length);
      const inserted = String.fromCharCode(random(256)).repeat(random(4));
      outcomes.add(outcomeOf(text.slice(0, at) + inserted + text.slice(at + random(40))));
    }

    expect([...outcomes].toSorted()).toEqual(['malformed', 'parsed']);
  });
});

describe('attributes', () => {
  const section = parseSdp('v=0\na=group:BUNDLE 0\na=rtcp-mux\na=group-x:no\na=group: two \n');

  it('are found by name, all of them, without white space around', () => {
    expect(attributes(section, 'group')).toEqual(['BUNDLE 0', 'two']);
  });

  it('a flag has an empty value', () => {
    expect(attribute(section, 'rtcp-mux')).toBe('');
    expect(attribute(section, 'rtcp')).toBeUndefined();
  });
});
