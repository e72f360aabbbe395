import { describe, expect, it } from 'vitest';
import { hex } from '../../../test/support/hex.ts';
import { FrameReader, frameOf } from './tcp-frames.ts';

const STREAM = hex(`
  00 03 61 62 63  # three bytes
  00 00           # none
  01 00           # 256 bytes
`);

function read(...chunks: readonly Uint8Array[]): string[] {
  const reader = new FrameReader();
  const frames: string[] = [];
  for (const chunk of chunks) reader.read(chunk, (frame) => frames.push(frame.toString('latin1')));
  return frames;
}

describe('frames over TCP', () => {
  const long = new Uint8Array(256).fill(0x7a);

  it('begin with their length', () => {
    expect(frameOf(hex('61 62 63'))).toEqual(hex('00 03 61 62 63'));
    expect(frameOf(long).subarray(0, 3)).toEqual(hex('01 00 7a'));
  });

  it('come out as they went in, empty ones left out', () => {
    expect(read(STREAM, long)).toEqual(['abc', 'z'.repeat(256)]);
  });

  it('come out when every byte comes alone', () => {
    const bytes = Buffer.concat([STREAM, long, STREAM.subarray(0, 5)]);

    expect(read(...[...bytes].map((byte) => Uint8Array.of(byte)))).toEqual(['abc', 'z'.repeat(256), 'abc']);
  });

  it('come out when many come at once', () => {
    expect(read(Buffer.concat([frameOf(long), frameOf(long), frameOf(hex('61'))]))).toHaveLength(3);
  });

  it('are taken up to the longest that there is', () => {
    const longest = new Uint8Array(0xffff).fill(0x79);

    expect(read(frameOf(longest))[0]).toHaveLength(0xffff);
  });

  it('wait for their last byte', () => {
    expect(read(STREAM.subarray(0, 4))).toEqual([]);
  });
});
