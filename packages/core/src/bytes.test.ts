import { describe, expect, it } from 'vitest';
import { ByteReader } from './byte-reader.ts';
import { ByteWriter } from './byte-writer.ts';
import { MalformedError } from './errors.ts';

describe('ByteWriter and ByteReader', () => {
  it('read back what was written, big-endian', () => {
    const bytes = new ByteWriter(1)
      .u8(0x01)
      .u16(0x0203)
      .u24(0x040506)
      .u32(0x0708090a)
      .u64(2 ** 52 + 1)
      .i32(-2)
      .finish();

    expect([...bytes.subarray(0, 10)]).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    const reader = new ByteReader(bytes);
    expect([reader.u8(), reader.u16(), reader.u24(), reader.u32(), reader.u64()]).toEqual([
      0x01,
      0x0203,
      0x040506,
      0x0708090a,
      2 ** 52 + 1,
    ]);
    expect([...reader.rest()]).toEqual([0xff, 0xff, 0xff, 0xfe]);
    expect(reader.remaining).toBe(0);
  });

  it('hands out views, not copies', () => {
    const bytes = new Uint8Array([1, 2, 3]);
    const view = new ByteReader(bytes).bytes(2);
    bytes[0] = 9;
    expect(view[0]).toBe(9);
  });

  it('refuses to pass the end, and stays where it was', () => {
    const reader = new ByteReader(new Uint8Array([1, 2]));
    reader.skip(1);
    expect(() => reader.u16()).toThrowError(MalformedError);
    expect(() => reader.bytes(-1)).toThrowError(expect.objectContaining({ code: 'bytes/too-short' }));
    expect(reader.offset).toBe(1);
    expect(reader.u8()).toBe(2);
  });

  it('patches a length that is known only later', () => {
    const writer = new ByteWriter().u32(0).u8(7);
    writer.patchU32(0, writer.length);
    expect([...writer.finish()]).toEqual([0, 0, 0, 5, 7]);
    expect(() => writer.patchU32(2, 0)).toThrowError(RangeError);
  });
});
