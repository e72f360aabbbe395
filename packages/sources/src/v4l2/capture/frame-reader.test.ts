import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FrameReader } from './frame-reader.ts';
import { parseBufferLine } from './parse-buffer-line.ts';

/** `rdhV`, length, frame. */
function framed(frame: Uint8Array): Uint8Array {
  const head = new Uint8Array(8);
  head.set([0x72, 0x64, 0x68, 0x56]);
  new DataView(head.buffer).setUint32(4, frame.byteLength);
  return Uint8Array.from([...head, ...frame]);
}
const text = (words: string): Uint8Array => new TextEncoder().encode(words);
const joined = (...parts: readonly Uint8Array[]): Uint8Array =>
  Uint8Array.from(parts.flatMap((part) => [...part]));

describe('FrameReader', () => {
  it('passes over what the program says before the first frame', () => {
    const reader = new FrameReader();
    const words = text("Format Video Capture:\n\tPixel Format : 'MJPG'\nFrame rate set to 30.000 fps\n");

    const frames = [...reader.push(joined(words, framed(text('one')), framed(text('two'))))];

    expect(frames).toEqual([text('one'), text('two')]);
    expect(reader.passedOverBytes).toBe(words.byteLength);
  });

  it('finds the same frames however the bytes are cut', () => {
    const parts = fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 8 });
    fc.assert(
      fc.property(parts, fc.infiniteStream(fc.integer({ min: 1, max: 17 })), (given, cuts) => {
        const stream = joined(text('noise r rd rdh '), ...given.map(framed));
        const reader = new FrameReader();
        const found: Uint8Array[] = [];
        for (let at = 0; at < stream.byteLength; ) {
          const size = cuts.next().value ?? 1;
          found.push(...reader.push(stream.subarray(at, at + size)));
          at += size;
        }

        expect(found).toEqual(given);
      }),
    );
  });

  it('hands a frame over at its last byte', () => {
    const reader = new FrameReader();
    const bytes = framed(new Uint8Array(3_000_000).fill(0x72));

    expect([...reader.push(bytes.subarray(0, -1))]).toEqual([]);
    expect([...reader.push(bytes.subarray(-1))].map(({ byteLength }) => byteLength)).toEqual([3_000_000]);
  });

  it('goes on behind a length that cannot be', () => {
    const reader = new FrameReader();

    const frames = [...reader.push(joined(text('rdhV'), Uint8Array.of(0xff, 0, 0, 0), framed(text('good'))))];

    expect(frames).toEqual([text('good')]);
  });

  it('does not throw for any bytes', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array()), (chunks) => {
        const reader = new FrameReader();
        expect(() => chunks.map((chunk) => [...reader.push(chunk)])).not.toThrow();
      }),
    );
  });
});

describe('parseBufferLine', () => {
  it('reads number, size and time of a buffer', () => {
    expect(
      parseBufferLine(
        'cap dqbuf: 2 seq:     41 bytesused: 51234 ts: 8123.456789 delta: 33.331 ms fps: 30.01 (ts-monotonic, ts-src-soe)',
      ),
    ).toEqual({ sequence: 41, sizeBytes: 51_234, monotonic: 8_123_456_789, written: true });
  });

  it('knows a damaged and an empty one, which are not written out', () => {
    expect(
      parseBufferLine('cap dqbuf: 0 seq:      3 bytesused: 900 ts: 1.000001 (error, ts-monotonic)'),
    ).toMatchObject({
      written: false,
    });
    expect(
      parseBufferLine('cap dqbuf: 0 seq:      3 bytesused: 0 ts: 1.000001 (ts-monotonic)'),
    ).toMatchObject({
      written: false,
    });
  });

  it('takes no time of another clock, nor none', () => {
    expect(
      parseBufferLine('cap dqbuf: 1 seq:      3 bytesused: 9 ts: 1.000001 (ts-unknown)')?.monotonic,
    ).toBeUndefined();
    expect(
      parseBufferLine('cap dqbuf: 1 seq:      3 bytesused: 9 ts: 0.000000 (ts-monotonic)')?.monotonic,
    ).toBeUndefined();
    expect(parseBufferLine('cap dqbuf: 1 seq:      3 bytesused: 9')?.monotonic).toBeUndefined();
  });

  it.each([
    '',
    'VIDIOC_DQBUF: failed: No such device',
    'cap dqbuf: x seq: y',
    `cap dqbuf: 1 seq: ${'9'.repeat(40)}`,
  ])('passes over %j', (words) => {
    expect(parseBufferLine(words)).toBeUndefined();
  });
});
