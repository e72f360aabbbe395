import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { codeOf } from '../../../../test/support/code-of.ts';
import { parseCandidate, parseDescription, serializeCandidate, serializeDescription } from './signals.ts';

const CANDIDATE = 'candidate:1 1 udp 2122260223 192.0.2.1 9 typ host';
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

describe('a session description', () => {
  it('is written with two fields and comes back', () => {
    const text = serializeDescription({ type: 'offer', sdp: 'v=0\r\n' });

    expect(text).toBe('{"type":"offer","sdp":"v=0\\r\\n"}');
    expect(parseDescription(bytes(text))).toEqual({ type: 'offer', sdp: 'v=0\r\n' });
  });

  it('is read with fields in any order, unknown ones left out, and cut at a NUL', () => {
    const text = '{"sdp":"v=0","type":"answer","__proto__":{"x":1},"more":[]}\0{"garbage';

    expect(parseDescription(bytes(text))).toEqual({ type: 'answer', sdp: 'v=0' });
    expect(parseDescription(text)).toEqual({ type: 'answer', sdp: 'v=0' });
  });

  it.each([
    ['', /not JSON/],
    ['\0{"type":"offer","sdp":"v=0"}', /not JSON/],
    ['null', /session description/],
    ['{"type":"offer"}', /sdp/],
    ['{"type":"offer","sdp":""}', /sdp/],
    ['{"type":"offer","sdp":7}', /sdp/],
    ['{"type":"rollback","sdp":"v=0"}', /type/],
    [`{"type":"offer","sdp":"${'x'.repeat(65_537)}"}`, /sdp/],
    [`{"type":"offer","sdp":"${'x'.repeat(131_072)}"}`, /at most 131072/],
  ])('that is wrong is refused by name, %#', (text, message) => {
    expect(() => parseDescription(bytes(text))).toThrowError(
      expect.objectContaining({ code: 'picamera/signal', message: expect.stringMatching(message) as string }),
    );
  });
});

describe('a candidate', () => {
  it.each([
    [{ candidate: CANDIDATE }, '0', 0],
    [{ candidate: CANDIDATE, sdpMid: null, sdpMLineIndex: null }, '0', 0],
    [{ candidate: CANDIDATE, sdpMLineIndex: 2 }, '2', 2],
    [{ candidate: CANDIDATE, sdpMid: '1' }, '1', 1],
    [{ candidate: CANDIDATE, sdpMid: 'audio' }, 'audio', 0],
    [{ candidate: `a=${CANDIDATE}`, sdpMid: '0', sdpMLineIndex: 0 }, '0', 0],
    [{ candidate: CANDIDATE.slice('candidate:'.length) }, '0', 0],
  ])('%j is sent with all of its places', (init, sdpMid, sdpMLineIndex) => {
    expect(JSON.parse(serializeCandidate(init) ?? '')).toEqual({
      candidate: CANDIDATE,
      sdpMid,
      sdpMLineIndex,
    });
  });

  it('keeps whose it is', () => {
    expect(serializeCandidate({ candidate: CANDIDATE, usernameFragment: 'ab12' })).toContain(
      '"usernameFragment":"ab12"',
    );
  });

  it('that ends them is not sent: devices cannot read it', () => {
    expect(serializeCandidate({ candidate: '' })).toBeUndefined();
  });

  it.each([-1, 0.5, Number.NaN])('at index %d is refused', (sdpMLineIndex) => {
    expect(() => serializeCandidate({ candidate: CANDIDATE, sdpMLineIndex })).toThrowError(
      expect.objectContaining({ code: 'picamera/signal' }),
    );
  });

  it('is read with or without its places', () => {
    const whole = { candidate: CANDIDATE, sdpMid: '0', sdpMLineIndex: 0, usernameFragment: 'x' };

    expect(parseCandidate(JSON.stringify(whole))).toEqual(whole);
    expect(parseCandidate(`{"candidate":"a=${CANDIDATE}","sdpMid":null}`)).toEqual({ candidate: CANDIDATE });
    expect(parseCandidate('{"candidate":"","sdpMid":1}')).toEqual({ candidate: '', sdpMid: '1' });
    expect(parseCandidate('{"candidate":null}')).toEqual({ candidate: '' });
  });

  it.each([
    '{"candidate":7}',
    '{"sdpMLineIndex":-1}',
    '{"sdpMLineIndex":1e99}',
    `{"candidate":"${'x'.repeat(4097)}"}`,
  ])('with a wrong field is refused, %#', (text) => {
    expect(codeOf(() => parseCandidate(text))).toBe('picamera/signal');
  });

  it('of any kind that is sent can be read, whole', () => {
    const text = fc.option(fc.string({ maxLength: 20 }));
    const init = fc.record({
      candidate: fc.string({ maxLength: 100 }),
      sdpMid: text,
      sdpMLineIndex: fc.option(fc.nat(100)),
      usernameFragment: text,
    });
    fc.assert(
      fc.property(init, (candidate) => {
        const sent = serializeCandidate(candidate);
        if (sent === undefined) return;
        const read = parseCandidate(sent);
        expect(read.sdpMid).toBeTypeOf('string');
        expect(read.sdpMLineIndex).toBeTypeOf('number');
        expect(read.candidate).toMatch(/^candidate:/);
      }),
    );
  });
});

it('any payload at all either parses or throws MalformedError', () => {
  const payload = fc.oneof(
    fc.uint8Array({ maxLength: 64 }),
    fc.json().map(bytes),
    fc
      .record({
        type: fc.jsonValue(),
        sdp: fc.jsonValue(),
        candidate: fc.jsonValue(),
        sdpMid: fc.jsonValue(),
      })
      .map((value) => bytes(JSON.stringify(value))),
  );
  fc.assert(
    fc.property(payload, (input) => {
      for (const parse of [parseDescription, parseCandidate]) expect(codeOf(() => parse(input))).toBeTruthy();
    }),
    { numRuns: 3000 },
  );
});
