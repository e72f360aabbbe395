import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { codeOf } from '../../../../test/support/code-of.ts';
import { hex } from '../../../../test/support/hex.ts';
import { CmdType, VideoMode } from './codes.ts';
import { legacyChunk, legacyFrames, legacyHeader, legacyTrailer } from './legacy-frames.ts';
import { parseLegacyMetadata, serializeLegacyMetadata } from './legacy-metadata.ts';
import { parseLegacyRequest, serializeLegacyRequest } from './legacy-requests.ts';
import { type CameraRequest, parseQueryTime, serializeQueryTime } from './requests.ts';

const ascii = (text: string): Uint8Array => new TextEncoder().encode(text);
const RECORDING = VideoMode.RECORDING;

const REQUESTS: readonly (readonly [string, CameraRequest])[] = [
  ['{"type":0,"message":"false"}', { kind: 'disconnect' }],
  ['{"type":1,"message":"30"}', { kind: 'snapshot', quality: 30 }],
  [
    '{"type":2,"message":"{\\"command\\":0,\\"message\\":\\"\\"}"}',
    { kind: 'query', query: { by: 'latest', mode: RECORDING } },
  ],
  [
    '{"type":2,"message":"{\\"command\\":1,\\"message\\":\\"/rec/a.mp4\\"}"}',
    { kind: 'query', query: { by: 'before-file', path: '/rec/a.mp4', mode: RECORDING } },
  ],
  [
    '{"type":2,"message":"{\\"command\\":2,\\"message\\":\\"20250511_120000\\"}"}',
    { kind: 'query', query: { by: 'before-time', time: '20250511_120000', mode: RECORDING } },
  ],
  ['{"type":3,"message":"/rec/a.mp4"}', { kind: 'download', path: '/rec/a.mp4' }],
  ['{"type":4,"message":"{\\"key\\":18,\\"value\\":6}"}', { kind: 'control', key: 18, value: 6 }],
  ['{"type":6,"message":"hällo"}', { kind: 'custom', payload: ascii('hällo') }],
];

describe('a request of generation A', () => {
  it.each(REQUESTS)('%s, both ways', (text, request) => {
    expect(serializeLegacyRequest(request)).toBe(text);
    expect(parseLegacyRequest(text)).toEqual(request);
    expect(parseLegacyRequest(ascii(text))).toEqual(request);
  });

  it.each<CameraRequest>([
    { kind: 'record', action: 'start' },
    { kind: 'track', action: 'stop' },
    { kind: 'query', query: { by: 'latest', mode: VideoMode.TIMELAPSE } },
    { kind: 'download', path: '' },
    { kind: 'custom', payload: new Uint8Array(0) },
  ])('for %j there is none', (request) => {
    expect(serializeLegacyRequest(request)).toBeUndefined();
  });

  it.each([
    ['101', 100],
    ['-7', 0],
    ['12.5', 12],
    ['many', 100],
  ])('for quality %s is for %d', (message, quality) => {
    expect(parseLegacyRequest(JSON.stringify({ type: 1, message }))).toEqual({ kind: 'snapshot', quality });
  });

  it('for what is older than nothing is for the latest', () => {
    const message = '{"command":1,"message":""}';

    expect(parseLegacyRequest(JSON.stringify({ type: 2, message }))).toMatchObject({
      query: { by: 'latest' },
    });
  });

  it.each(['{"type":1,"message":""}', '{"type":0,"message":"true"}', '{"type":5,"message":"x"}'])(
    '%s is passed over',
    (text) => {
      expect(parseLegacyRequest(text)).toBeUndefined();
    },
  );

  it.each([
    'not json',
    'null',
    '{"type":"1","message":"30"}',
    '{"type":1,"message":30}',
    '{"type":1}',
    '{"type":7,"message":"x"}',
    '{"type":2,"message":"latest"}',
    '{"type":2,"message":"{\\"command\\":9}"}',
    '{"type":4,"message":"{\\"key\\":18,\\"value\\":0.5}"}',
    '{"type":4,"message":"{\\"key\\":-1,\\"value\\":0}"}',
    JSON.stringify({ type: 3, message: 'x'.repeat(4097) }),
    JSON.stringify({ type: 6, message: 'x'.repeat(262_144) }),
  ])('what real devices fall over is refused, %#', (text) => {
    expect(codeOf(() => parseLegacyRequest(text))).toBe('picamera/request');
  });

  it('of any text at all either parses or throws MalformedError', () => {
    const inner = fc.oneof(
      fc.json(),
      fc.string(),
      fc.record({ command: fc.nat(4), message: fc.jsonValue() }).map((query) => JSON.stringify(query)),
    );
    const text = fc.oneof(
      fc.string(),
      fc.json(),
      fc.record({ type: fc.nat(8), message: inner }).map((frame) => JSON.stringify(frame)),
    );
    fc.assert(
      fc.property(text, (input) => {
        expect(codeOf(() => parseLegacyRequest(input))).toBeTruthy();
      }),
      { numRuns: 3000 },
    );
  });
});

describe('the time in a query', () => {
  it('is the local wall clock, and comes back', () => {
    const time = new Date(2026, 0, 2, 3, 4, 5);

    expect(serializeQueryTime(time)).toBe('20260102_030405');
    expect(parseQueryTime('20260102_030405')).toEqual(time);
  });

  it.each(['', '20260102', '20260230_000000', '20261301_000000', '20260101_250000', '2026-01-02T03:04:05'])(
    '%j is none',
    (text) => {
      expect(parseQueryTime(text)).toBeUndefined();
    },
  );
});

describe('an answer of generation A', () => {
  it('is a length, the body and the type alone', () => {
    expect([...legacyFrames(CmdType.SNAPSHOT, hex('ff d8 ff'))]).toEqual([
      hex('01 33'),
      hex('01 ff d8 ff'),
      hex('01'),
    ]);
    expect(legacyHeader(CmdType.RECORDING, 123)).toEqual(hex('03 31 32 33'));
    expect(legacyTrailer(CmdType.CUSTOM)).toEqual(hex('06'));
  });

  it('has frames of at most 65 536 bytes', () => {
    const sizes = [...legacyFrames(CmdType.RECORDING, new Uint8Array(65_535 * 2 + 1))].map(
      (frame) => frame.byteLength,
    );

    expect(sizes).toEqual([7, 65_536, 65_536, 2, 1]);
  });

  it('without a body is not made: clients would lose step', () => {
    expect(() => [...legacyFrames(CmdType.CUSTOM, new Uint8Array(0))]).toThrow(RangeError);
    expect(() => legacyChunk(CmdType.CUSTOM, new Uint8Array(0))).toThrow(RangeError);
    expect(() => legacyChunk(CmdType.CUSTOM, new Uint8Array(65_536))).toThrow(RangeError);
  });
});

describe('the metadata of a recording', () => {
  const metadata = { duration: 60, image: 'data:image/jpeg;base64,/9j/', path: '/rec/Küche 🎥.mp4' };

  it('is ASCII with a number of seconds, and comes back', () => {
    const body = serializeLegacyMetadata({ ...metadata, duration: 60.9 });

    expect(body.every((byte) => byte < 0x80)).toBe(true);
    expect(new TextDecoder().decode(body)).toContain('{"duration":60,');
    expect(new TextDecoder().decode(body)).toContain('K\\u00fcche \\ud83c\\udfa5.mp4');
    expect(parseLegacyMetadata(body)).toEqual(metadata);
  });

  it('is read from raw UTF-8 and from a duration in text too', () => {
    expect(parseLegacyMetadata(ascii('{"duration":"7","path":"/ä","image":null}'))).toEqual({
      duration: 7,
      image: '',
      path: '/ä',
    });
  });

  it('of any bytes at all either parses or throws MalformedError', () => {
    const body = fc.oneof(fc.uint8Array(), fc.json().map(ascii));
    fc.assert(
      fc.property(body, (input) => {
        expect(codeOf(() => parseLegacyMetadata(input))).toMatch(/^(parsed|picamera\/metadata)$/);
      }),
    );
  });
});
