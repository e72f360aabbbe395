import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { codeOf } from '../../../../test/support/code-of.ts';
import { candidatesOf, parseSdpFragment, serializeSdpFragment } from './sdp-fragment.ts';

const HOST = '1387637174 1 udp 2122260223 192.0.2.1 61764 typ host generation 0 ufrag EsAw network-id 1';
const credentials = { ufrag: 'EsAw', pwd: 'P2uYro0UCOQ4zxjKXaWCBui1' };

describe('a fragment', () => {
  it('is read as RFC 9725 writes it, credentials in the media section', () => {
    const text = [
      'a=group:BUNDLE 0 1',
      'm=audio 9 UDP/TLS/RTP/SAVPF 111',
      'a=mid:0',
      'a=ice-ufrag:EsAw',
      'a=ice-pwd:P2uYro0UCOQ4zxjKXaWCBui1',
      `a=candidate:${HOST}`,
      'a=end-of-candidates',
      '',
    ].join('\r\n');

    expect(parseSdpFragment(text)).toEqual({
      credentials,
      candidates: [],
      endOfCandidates: false,
      media: [{ line: 'audio 9 UDP/TLS/RTP/SAVPF 111', mid: '0', candidates: [HOST], endOfCandidates: true }],
    });
  });

  it('is read with everything at session level and bare line feeds', () => {
    const text = `a=ice-ufrag:EsAw\na=ice-pwd:P2uYro0UCOQ4zxjKXaWCBui1\na=candidate:${HOST}\n`;

    expect(parseSdpFragment(text)).toEqual({
      credentials,
      candidates: [HOST],
      endOfCandidates: false,
      media: [],
    });
  });

  it('gives its candidates in order, an empty one when they end', () => {
    const fragment = parseSdpFragment(
      `a=candidate:1\r\nm=video 9 X 0\r\na=candidate:2\r\na=end-of-candidates\r\n`,
    );

    expect(candidatesOf(fragment)).toEqual(['1', '2', '']);
  });

  it('comes back as it went', () => {
    const fragment = {
      credentials,
      candidates: [],
      endOfCandidates: true,
      media: [
        { line: 'video 9 UDP/TLS/RTP/SAVPF 0', mid: 'video', candidates: [HOST], endOfCandidates: false },
      ],
    };

    expect(parseSdpFragment(serializeSdpFragment(fragment))).toEqual(fragment);
  });

  it('may be empty', () => {
    expect(candidatesOf(parseSdpFragment(''))).toEqual([]);
  });

  it.each([
    ['text that is no SDP', 'hello'],
    ['JSON', '{"candidate":""}'],
    ['a user name without a password', 'a=ice-ufrag:EsAw\r\n'],
    ['a password without a user name', 'a=ice-pwd:P2uYro0UCOQ4zxjKXaWCBui1\r\n'],
    ['a user name too short', 'a=ice-ufrag:E\r\na=ice-pwd:P2uYro0UCOQ4zxjKXaWCBui1\r\n'],
    ['a password with a forbidden character', 'a=ice-ufrag:EsAw\r\na=ice-pwd:P2uYro0UCOQ4zxjKXaW CBui1\r\n'],
    [
      'sections of two generations',
      'm=a\r\na=ice-ufrag:EsAw\r\na=ice-pwd:P2uYro0UCOQ4zxjKXaWCBui1\r\nm=b\r\na=ice-ufrag:Other\r\n',
    ],
    ['candidates without end', 'a=candidate:1\r\n'.repeat(257)],
  ])('is refused when it is %s', (_, text) => {
    expect(() => parseSdpFragment(text)).toThrowError(expect.objectContaining({ code: 'whep/fragment' }));
  });
});

it('any text at all either parses or throws MalformedError', () => {
  const line = fc.oneof(
    fc.string(),
    fc.constantFrom('m=video', 'a=ice-ufrag:EsAw', 'a=mid:0', 'a=end-of-candidates', 'a=candidate:', 'v=0'),
    fc.string().map((value) => `a=${value}`),
  );
  fc.assert(
    fc.property(fc.array(line), (lines) => {
      expect(codeOf(() => candidatesOf(parseSdpFragment(lines.join('\n'))))).toBeTruthy();
    }),
    { numRuns: 5_000 },
  );
});
