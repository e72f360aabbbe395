import { micros } from '@pinhole/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { codeOf } from '../../../../test/support/code-of.ts';
import { hex } from '../../../../test/support/hex.ts';
import {
  LIVE_FRAME_TYPE,
  type LiveFrame,
  type LiveFrameType,
  parseLiveFrame,
  serializeLiveFrame,
  serializeLiveHeader,
} from './frame.ts';

const anyFrame: fc.Arbitrary<LiveFrame> = fc.record({
  type: fc.constantFrom(...(Object.keys(LIVE_FRAME_TYPE) as LiveFrameType[])),
  key: fc.boolean(),
  discontinuity: fc.boolean(),
  configChanged: fc.boolean(),
  droppable: fc.boolean(),
  catchUp: fc.boolean(),
  track: fc.nat(255),
  sequence: fc.nat(2 ** 32 - 1),
  pts: fc.maxSafeNat().map(micros),
  captureTime: fc.maxSafeNat().map(micros),
  payload: fc.uint8Array({ maxLength: 64 }),
});

describe('the binary header', () => {
  const message = hex(`
    01                       # version
    01                       # video
    13                       # catch-up, discontinuity, key
    00                       # track
    00 00 01 02              # sequence
    00 00 00 00 00 01 5f 90  # pts = 90 000 µs
    00 06 0a 24 18 1e 40 00  # capture time = 1 700 000 000 000 000 µs
    00 00 00 01 65           # payload
  `);

  it('is read field by field', () => {
    expect(parseLiveFrame(message)).toEqual({
      type: 'video',
      key: true,
      discontinuity: true,
      configChanged: false,
      droppable: false,
      catchUp: true,
      track: 0,
      sequence: 258,
      pts: 90_000,
      captureTime: 1_700_000_000_000_000,
      payload: hex('00 00 00 01 65'),
    });
  });

  it('is written as it is read', () => {
    expect(serializeLiveFrame(parseLiveFrame(message))).toEqual(message);
    expect(serializeLiveHeader(parseLiveFrame(message))).toEqual(message.subarray(0, 24));
  });

  it('gives the payload as a view of the message', () => {
    expect(parseLiveFrame(message).payload.buffer).toBe(message.buffer);
  });

  it('wraps a sequence number past 2^32 and clips a time before the epoch', () => {
    const frame = { ...parseLiveFrame(message), sequence: 2 ** 32 + 7, pts: micros(-5) };

    expect(parseLiveFrame(serializeLiveFrame(frame))).toMatchObject({ sequence: 7, pts: 0 });
  });

  it.each([
    ['live/too-short', '01 01 00 00 00000000 0000000000000000 00000000000000'],
    ['live/version', '02 01 00 00 00000000 0000000000000000 0000000000000000'],
    ['live/frame-type', '01 09 00 00 00000000 0000000000000000 0000000000000000'],
    ['live/out-of-range', '01 01 00 00 00000000 ffffffffffffffff 0000000000000000'],
  ])('%s is what bad bytes give', (code, bytes) => {
    expect(() => parseLiveFrame(hex(bytes))).toThrowError(expect.objectContaining({ code }));
  });
});

describe('for any input', () => {
  it('a frame comes back as it went', () => {
    fc.assert(
      fc.property(anyFrame, (frame) => {
        expect(parseLiveFrame(serializeLiveFrame(frame))).toEqual(frame);
      }),
    );
  });

  it('any bytes at all either parse or throw MalformedError', () => {
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 40 }),
      fc.uint8Array({ minLength: 24, maxLength: 40 }).map((tail) => Uint8Array.of(1, 1, ...tail)),
    );
    fc.assert(
      fc.property(bytes, (input) => {
        const before = input.slice();
        expect(codeOf(() => parseLiveFrame(input))).toBeTruthy();

        expect(input).toEqual(before);
      }),
      { numRuns: 20_000 },
    );
  });
});
