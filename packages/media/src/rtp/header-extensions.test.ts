import { micros, millis } from '@pinhole/core';
import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { RtpPacket as WeriftPacket } from 'werift';
import { codeOf } from '../../../../test/support/code-of.ts';
import { hex } from '../../../../test/support/hex.ts';
import {
  parseAbsCaptureTime,
  parseAbsSendTime,
  parseMid,
  parsePlayoutDelay,
  parseTransportSequence,
  serializeAbsCaptureTime,
  serializeAbsSendTime,
  serializeMid,
  serializePlayoutDelay,
  serializeTransportSequence,
} from './extension-values.ts';
import { parseExtensionElements, serializeExtensionElements } from './header-extensions.ts';
import { parseRtp, serializeRtp } from './rtp-packet.ts';

describe('header extension elements', () => {
  it('are written in the one-byte form where they fit it', () => {
    const extension = serializeExtensionElements([
      { id: 1, value: serializeMid('0') },
      { id: 4, value: serializePlayoutDelay({ minMs: millis(0), maxMs: millis(0) }) },
      { id: 3, value: serializeTransportSequence(0x1234) },
    ]);

    expect(extension).toEqual({
      profile: 0xbede,
      bytes: hex(`
        10 30       # id 1, 1 byte: mid "0"
        42 00 00 00 # id 4, 3 bytes: no delay
        31 12 34    # id 3, 2 bytes
        00 00 00    # padding
      `),
    });
  });

  it.each([
    ['an id above 14', { id: 15, value: hex('01') }],
    ['no bytes', { id: 1, value: hex('') }],
    ['more than 16 bytes', { id: 1, value: new Uint8Array(17) }],
  ])('are written in the two-byte form with %s', (_, element) => {
    const extension = serializeExtensionElements([element]);

    expect(extension.profile).toBe(0x1000);
    expect(parseExtensionElements(extension)).toEqual([element]);
  });

  it('are read round padding and up to id 15', () => {
    const bytes = hex('00 00 10 aa 00 21 bb cc f0 31 dd 00');

    expect(parseExtensionElements({ profile: 0xbede, bytes })).toEqual([
      { id: 1, value: hex('aa') },
      { id: 2, value: hex('bb cc') },
    ]);
  });

  it('are none where the profile is another', () => {
    expect(parseExtensionElements({ profile: 0x1234, bytes: hex('10 aa 00 00') })).toEqual([]);
  });

  it.each([
    [0xbede, '13 aa bb cc'],
    [0x1000, '01 05 aa bb'],
    [0x1007, '00 00 00 01'],
  ])('of profile %i that pass the end are refused', (profile, bytes) => {
    expect(codeOf(() => parseExtensionElements({ profile, bytes: hex(bytes) }))).toBe(
      'rtp/extension-element',
    );
  });

  it.each([0, 256, 1.5])('refuse id %d', (id) => {
    expect(() => serializeExtensionElements([{ id, value: hex('00') }])).toThrowError(RangeError);
  });

  test('any bytes at all either parse or throw MalformedError', () => {
    const profile = fc.constantFrom(0xbede, 0x1000, 0x100f);
    fc.assert(
      fc.property(profile, fc.uint8Array({ maxLength: 40 }), (chosen, bytes) => {
        const code = codeOf(() => parseExtensionElements({ profile: chosen, bytes }));
        expect(code).toMatch(/^(parsed|rtp\/extension-element)$/);
      }),
      { numRuns: 5000 },
    );
  });

  test('what is written is read back', () => {
    const element = fc.record({
      id: fc.integer({ min: 1, max: 255 }),
      value: fc.uint8Array({ maxLength: 40 }),
    });
    fc.assert(
      fc.property(fc.array(element, { maxLength: 8 }), (elements) => {
        expect(parseExtensionElements(serializeExtensionElements(elements))).toEqual(elements);
      }),
    );
  });

  test('werift reads them in a packet of ours, and we in one of its', () => {
    const elements = [
      { id: 1, value: serializeMid('video0') },
      { id: 9, value: serializeAbsCaptureTime({ captureTime: micros(1_760_000_000_000_000) }) },
    ];
    const ours = serializeRtp({
      marker: true,
      payloadType: 102,
      sequence: 7,
      timestamp: 4_000_000_000,
      ssrc: 9,
      csrcs: [1, 2],
      extension: serializeExtensionElements(elements),
      payload: hex('41 9a 00'),
    });

    const theirs = WeriftPacket.deSerialize(Buffer.from(ours));
    const back = parseRtp(theirs.serialize());

    expect(theirs.header).toMatchObject({
      marker: true,
      payloadType: 102,
      sequenceNumber: 7,
      timestamp: 4_000_000_000,
      ssrc: 9,
      csrc: [1, 2],
    });
    expect(
      theirs.header.extensions.map(({ id, payload }) => ({ id, value: Uint8Array.from(payload) })),
    ).toEqual(elements);
    expect(back).toMatchObject({ marker: true, payloadType: 102, sequence: 7, ssrc: 9 });
    expect(back.extension && parseExtensionElements(back.extension).map(({ id }) => id)).toEqual([1, 9]);
    expect(Uint8Array.from(back.payload)).toEqual(hex('41 9a 00'));
  });
});

describe('extension values', () => {
  it('mid is text', () => {
    expect(serializeMid('v-0')).toEqual(hex('76 2d 30'));
    expect(parseMid(hex('76 2d 30'))).toBe('v-0');
  });

  it('playout delay has 12 bits each in steps of 10 ms', () => {
    const delay = { minMs: millis(20), maxMs: millis(40_950) };

    expect(serializePlayoutDelay(delay)).toEqual(hex('00 2f ff'));
    expect(parsePlayoutDelay(hex('00 2f ff'))).toEqual(delay);
  });

  it.each([
    [-10, 0],
    [20, 10],
    [0, 40_960],
  ])('playout delay refuses %i…%i ms', (minMs, maxMs) => {
    expect(() => serializePlayoutDelay({ minMs: millis(minMs), maxMs: millis(maxMs) })).toThrowError(
      RangeError,
    );
  });

  it('transport-wide sequence numbers wrap', () => {
    expect(serializeTransportSequence(65_537)).toEqual(hex('00 01'));
    expect(parseTransportSequence(hex('ff fe'))).toBe(65_534);
  });

  it('capture time is NTP 32.32, the clock offset signed', () => {
    // 1970-01-01 00:00:01.5 UTC.
    const value = serializeAbsCaptureTime({ captureTime: micros(1_500_000), clockOffset: micros(-250_000) });

    expect(value).toEqual(
      hex(`
        83 aa 7e 81 80 00 00 00 # 2 208 988 801.5 s
        ff ff ff ff c0 00 00 00 # −0.25 s
      `),
    );
    expect(parseAbsCaptureTime(value)).toEqual({ captureTime: 1_500_000, clockOffset: -250_000 });
    expect(parseAbsCaptureTime(value.subarray(0, 8))).toEqual({ captureTime: 1_500_000 });
  });

  test('any capture time of this century comes back to the microsecond', () => {
    const captureTimes = fc.integer({ min: 0, max: 4_102_444_800_000_000 });
    const offsets = fc.integer({ min: -(2 ** 50), max: 2 ** 50 });
    fc.assert(
      fc.property(captureTimes, offsets, (captureTime, clockOffset) => {
        const time = { captureTime: micros(captureTime), clockOffset: micros(clockOffset) };
        expect(parseAbsCaptureTime(serializeAbsCaptureTime(time))).toEqual(time);
      }),
      { numRuns: 5000 },
    );
  });

  it('send time is seconds modulo 64 in 6.18 fixed point', () => {
    expect(serializeAbsSendTime(micros(64_000_000 * 1000 + 1_500_000))).toEqual(hex('06 00 00'));
    expect(parseAbsSendTime(hex('06 00 00'))).toBe(1_500_000);
    expect(parseAbsSendTime(hex('ff ff ff'))).toBe(63_999_996);
  });

  it.each([
    ['transport-wide-cc', () => parseTransportSequence(hex('00'))],
    ['playout-delay', () => parsePlayoutDelay(hex('00 00'))],
    ['abs-capture-time', () => parseAbsCaptureTime(hex('00 00 00'))],
    ['abs-send-time', () => parseAbsSendTime(hex('00 00 00 00'))],
  ])('%s of a wrong length is refused', (_, parse) => {
    expect(codeOf(parse)).toBe('rtp/extension-value');
  });
});
