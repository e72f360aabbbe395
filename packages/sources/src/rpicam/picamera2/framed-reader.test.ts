import { describe, expect, it } from 'vitest';
import { hex } from '../../../../../test/support/hex.ts';
import { type FramedPicture, FramedReader } from './framed-reader.ts';

const KEY = hex(`
  50485032          # PHP2
  00000005          # length
  00000001          # flags: key
  00000000 000f4240 # pts 1 s
  000636a0 9f4c8000 # UTC
  0000000165        # picture
`);
const NEXT = hex('50485032 00000004 00000000 00000000 00101d9c 000636a0 9f4d5d80 00000141');

function read(bytes: Uint8Array, chunkBytes: number) {
  const pictures: FramedPicture[] = [];
  const reader = new FramedReader((picture) => pictures.push(picture));
  for (let at = 0; at < bytes.byteLength; at += chunkBytes) reader.push(bytes.slice(at, at + chunkBytes));
  return { pictures, reader };
}

describe('pictures behind headers', () => {
  const stream = Buffer.concat([KEY, NEXT, KEY]);

  it.each([1, 7, 28, 33, 64, 1000])('are read whole from chunks of %i bytes', (chunkBytes) => {
    const { pictures, reader } = read(stream, chunkBytes);

    expect(pictures.map(({ data, key }) => [Buffer.from(data).toString('hex'), key])).toEqual([
      ['0000000165', true],
      ['00000141', false],
      ['0000000165', true],
    ]);
    expect(pictures.map(({ pts }) => pts)).toEqual([1_000_000, 1_056_156, 1_000_000]);
    expect(pictures[0]?.captureTime).toBe(Number(0x000636a09f4c8000n));
    expect(reader.broken).toBe(false);
  });

  it('are views of what was read where they came in one piece', () => {
    const pictures: FramedPicture[] = [];
    const bytes = KEY.slice();
    new FramedReader((picture) => pictures.push(picture)).push(bytes);

    expect(pictures[0]?.data.buffer).toBe(bytes.buffer);
  });

  it.each([
    ['another beginning', hex('00000001 00000005 00000001 00000000000f4240 000636a09f4c8000 00')],
    ['no length', hex('50485032 00000000 00000001 00000000000f4240 000636a09f4c8000 00')],
    ['a length beyond reason', hex('50485032 7fffffff 00000001 00000000000f4240 000636a09f4c8000 00')],
  ])('are given up at %s', (_, bytes) => {
    const { pictures, reader } = read(Buffer.concat([bytes, KEY]), 1_000);

    expect(reader.broken).toBe(true);
    expect(pictures).toEqual([]);
  });
});
