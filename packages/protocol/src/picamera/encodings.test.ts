import { describe, expect, it } from 'vitest';
import { hex } from '../../../../test/support/hex.ts';
import { encodeRequest, mayBeSentTwice, sniffReply, sniffRequest } from './encodings.ts';

describe('the first message of a viewer', () => {
  it.each([
    ['a text', '{"type":1,"message":"30"}', 'legacy'],
    ['JSON in bytes', hex('7b 7d'), 'legacy'],
    ['a packet', hex('08 02 22 02 08 1e'), 'packet'],
    ['a disconnect', hex('12 00'), 'packet'],
    ['a disconnect of the client', hex('12 02 08 01'), 'packet'],
    ['a request with an id', hex('0a 02 69 64 12 04 1a 02 08 1e'), 'packet-v2'],
    ['a disconnect with an id', hex('0a 02 69 64 12 04 0a 02 08 01'), 'packet-v2'],
    ['a request without an id', hex('12 02 3a 00'), 'packet-v2'],
    ['a raw message', hex('2a 02 68 69'), 'packet-v2'],
    ['an IPC message', hex('32 00'), 'packet-v2'],
    ['nothing', hex(''), undefined],
    ['anything else', hex('ff d8'), undefined],
  ])('%s tells what it speaks', (_, message, encoding) => {
    expect(sniffRequest(message)).toBe(encoding);
  });
});

describe('a message of a device', () => {
  it.each([
    [hex('01 34 38 32 31'), 'legacy'],
    [hex('06'), 'legacy'],
    [hex('08 02 3a 06 0a 01 75 10 e8 07'), 'packet'],
    [hex('0a 02 69 64 1a 00'), 'packet-v2'],
    [hex('22 03 0a 01 75'), 'packet-v2'],
    [hex(''), undefined],
    [hex('00'), undefined],
    ['text', undefined],
  ])('tells what it speaks, %#', (message, encoding) => {
    expect(sniffReply(message)).toBe(encoding);
  });
});

it('a request in either encoding is sniffed as what it is', () => {
  for (const encoding of ['legacy', 'packet'] as const) {
    for (const request of [{ kind: 'disconnect' }, { kind: 'snapshot', quality: 1 }] as const) {
      expect(sniffRequest(encodeRequest(request, encoding) ?? '')).toBe(encoding);
    }
  }
});

it('only what does no harm twice may be sent in both', () => {
  expect(mayBeSentTwice({ kind: 'snapshot', quality: 1 })).toBe(true);
  expect(mayBeSentTwice({ kind: 'custom', payload: new Uint8Array(1) })).toBe(false);
  expect(mayBeSentTwice({ kind: 'record', action: 'start' })).toBe(false);
});
