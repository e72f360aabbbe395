import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { codeOf } from '../../../../test/support/code-of.ts';
import { type LiveClientMessage, parseAnyClientMessage, parseLiveClientMessage } from './client-messages.ts';
import { type LiveServerMessage, parseLiveServerMessage, serializeLiveMessage } from './messages.ts';

describe('messages of a viewer', () => {
  it.each<LiveClientMessage>([
    { type: 'ping', clientTimeMs: 12.5 },
    { type: 'pause' },
    { type: 'resume' },
    { type: 'key-frame' },
    { type: 'bye' },
  ])('$type comes back as it went', (message) => {
    expect(parseLiveClientMessage(serializeLiveMessage(message))).toEqual(message);
    expect(parseAnyClientMessage(serializeLiveMessage(message))).toEqual(message);
  });

  it('lose the fields that nobody knows', () => {
    expect(parseLiveClientMessage('{"type":"pause","colour":"red"}')).toEqual({ type: 'pause' });
  });

  it.each([
    ['live/json', '{"type":'],
    ['live/json', ''],
    ['live/message', 'null'],
    ['live/message', '[1]'],
    ['live/unknown-message', '{}'],
    ['live/unknown-message', '{"type":"hello"}'],
    ['live/unknown-message', '{"type":{"type":"ping"}}'],
    ['live/message', '{"type":"ping"}'],
    ['live/message', '{"type":"ping","clientTimeMs":"now"}'],
  ])('%s is what %s gives', (code, text) => {
    expect(() => parseLiveClientMessage(text)).toThrowError(expect.objectContaining({ code }));
  });

  it('names the field that is wrong', () => {
    expect(() => parseLiveClientMessage('{"type":"ping","clientTimeMs":"now"}')).toThrowError(/clientTimeMs/);
  });
});

describe('messages of the server', () => {
  it.each<LiveServerMessage>([
    { type: 'hello', camera: 'door', serverTimeUs: 1_700_000_000_000_000 },
    { type: 'hello', camera: 'door', codec: 'avc1.42c01f', width: 640, height: 360, serverTimeUs: 1 },
    { type: 'config', codec: 'avc1.640028', width: 1920, height: 1080, bFrames: true },
    { type: 'pong', clientTimeMs: 1.5, serverTimeUs: 2 },
    { type: 'status', source: { kind: 'live' }, lastCaptureUs: 1, lastSequence: 2 },
    { type: 'status', source: { kind: 'retrying', code: 'source/refused', why: 'no route', retryInMs: 500 } },
    { type: 'delivery', stream: 'main', pictures: 'all' },
    { type: 'delivery', stream: 'sub', pictures: 'keys', why: 'queue', bitsPerSecond: 1_500_000 },
    {
      type: 'delivery',
      stream: 'sub',
      pictures: 'all',
      counts: { changes: 3, leftOut: 41, subRefusals: 0 },
    },
    { type: 'anchor', rtpTimestamp: 90_000, captureUs: 1 },
    { type: 'error', code: 'live/json', message: 'the message is not JSON' },
    { type: 'bye', code: 'stalled', reason: 'nothing was read for 5 s' },
  ])('$type comes back as it went', (message) => {
    expect(parseLiveServerMessage(serializeLiveMessage(message))).toEqual(message);
  });

  it('are refused with a size that no picture has', () => {
    expect(() =>
      parseLiveServerMessage('{"type":"config","codec":"avc1.42c01f","width":0,"height":9,"bFrames":false}'),
    ).toThrowError(/width/);
  });
});

it('any text at all either parses or throws MalformedError', () => {
  const text = fc.oneof(
    fc.string(),
    fc.json(),
    fc.json().map((json) => `{"type":"ping","clientTimeMs":${json}}`),
  );
  fc.assert(
    fc.property(text, (input) => {
      for (const parse of [parseLiveClientMessage, parseLiveServerMessage]) {
        expect(codeOf(() => parse(input))).toBeTruthy();
      }
    }),
    { numRuns: 5_000 },
  );
});
