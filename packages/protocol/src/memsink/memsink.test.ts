import { describe, expect, it } from 'vitest';
import {
  identifySlot,
  parseSlotHeader,
  type RealKind,
  readReal,
  realKindOf,
  SLOT_LAYOUTS,
  serializeSlotHeader,
  slotKindOf,
  slotLayout,
  writeReal,
} from './index.ts';

const bytes = (hex: string): Uint8Array =>
  Uint8Array.from(hex.trim().split(/\s+/), (digits) => Number.parseInt(digits, 16));
const viewOf = (data: Uint8Array): DataView => new DataView(data.buffer, data.byteOffset, data.byteLength);

describe('long double', () => {
  // Memory of the three compilers.
  it.each<[number, RealKind, string]>([
    [1, 'x87', '00 00 00 00 00 00 00 80 ff 3f 00 00 00 00 00 00'],
    [1, 'binary128', '00 00 00 00 00 00 00 00 00 00 00 00 00 00 ff 3f'],
    [1, 'binary64', '00 00 00 00 00 00 f0 3f'],
    [1302.437, 'x87', '96 43 8b 6c e7 fb cd a2 09 40 00 00 00 00 00 00'],
    [1302.437, 'binary128', '35 5e ba 49 0c 02 2b 87 16 d9 ce f7 9b 45 09 40'],
    [1302.437, 'binary64', '68 91 ed 7c bf 59 94 40'],
    [12_345.678, 'x87', '83 c0 ca a1 45 b6 e6 c0 0c 40 00 00 00 00 00 00'],
    [12_345.678, 'binary128', 'be 9f 1a 2f dd 24 06 81 95 43 8b 6c cd 81 0c 40'],
    [12_345.678, 'binary64', '58 39 b4 c8 d6 1c c8 40'],
    [86_400.001, 'x87', 'e3 a5 9b c4 20 00 c0 a8 0f 40 00 00 00 00 00 00'],
    [86_400.001, 'binary128', '0e 2d b2 9d ef a7 c6 4b 37 89 41 00 80 51 0f 40'],
    [86_400.001, 'binary64', '75 93 18 04 00 18 f5 40'],
    [-2.5, 'x87', '00 00 00 00 00 00 00 a0 00 c0 00 00 00 00 00 00'],
    [-2.5, 'binary128', '00 00 00 00 00 00 00 00 00 00 00 00 00 40 00 c0'],
    [-2.5, 'binary64', '00 00 00 00 00 00 04 c0'],
    [0, 'x87', '00 '.repeat(16)],
    [0, 'binary128', '00 '.repeat(16)],
  ])('%f of %s is read', (value, kind, memory) => {
    expect(readReal(viewOf(bytes(memory)), 0, kind)).toBeCloseTo(value, 9);
  });

  it.each<RealKind>(['x87', 'binary128', 'binary64'])('of %s is read back as it was written', (kind) => {
    const view = new DataView(new ArrayBuffer(16));
    for (const value of [0, 1, -2.5, 1302.437, 0.001, 86_400.001, 1e15, -1 / 3]) {
      writeReal(view, 0, { kind, value });
      expect(readReal(view, 0, kind)).toBe(value);
    }
  });

  it.each<[RealKind, string]>([
    ['x87', '00 00 00 00 00 00 00 80 ff 7f 00 00 00 00 00 00'],
    ['binary128', '00 00 00 00 00 00 00 00 00 00 00 00 00 00 ff 7f'],
    ['binary64', '00 00 00 00 00 00 f0 7f'],
  ])('of %s that is infinite is read as nothing', (kind, memory) => {
    expect(readReal(viewOf(bytes(memory)), 0, kind)).toBe(0);
  });
});

describe('layouts', () => {
  it.each([
    ['A2', 'lp64', 128, 33_554_560],
    ['A2', 'a32', 80, 33_554_512],
    ['A3', 'lp64', 129, 33_554_576],
    ['A3', 'a32', 81, 33_554_520],
    ['A4', 'lp64', 129, 33_554_576],
    ['A4', 'a32', 89, 33_554_528],
    ['A5', 'lp64', 20_736, 2_097_296],
    ['A5', 'a32', 9216, 2_097_248],
    ['A6', 'lp64', 144, 2_097_296],
    ['A6', 'a32', 96, 2_097_248],
    ['B7a', 'lp64', 128, 2_097_280],
    ['B7a', 'a32', 96, 2_097_248],
    ['B7b', 'lp64', 144, 2_097_296],
    ['B7b', 'a32', 104, 2_097_256],
    ['C10', 'lp64', 160, 2_097_312],
    ['C10', 'a32', 120, 2_097_272],
  ] as const)('%s of %s has its data at %i, and %i bytes', (name, abi, dataOffset, sizeBytes) => {
    expect(slotLayout(name, abi, 'h264')).toMatchObject({ dataOffset, sizeBytes });
  });

  it('have their fields where the compilers have them', () => {
    expect(slotLayout('A4', 'lp64').fields).toEqual({
      width: 32,
      height: 36,
      format: 40,
      stride: 44,
      online: 48,
      key: 49,
      gop: 52,
      grabbed: 64,
      encodeBegin: 80,
      encodeEnd: 96,
      lastClient: 112,
      keyRequested: 128,
    });
    expect(slotLayout('A4', 'a32').fields).toMatchObject({
      gop: 48,
      grabbed: 56,
      encodeBegin: 64,
      encodeEnd: 72,
      lastClient: 80,
      keyRequested: 88,
    });
    expect(slotLayout('B7a', 'a32').fields).toMatchObject({ gop: 64, encodeBegin: 80, encodeEnd: 88 });
    expect(slotLayout('B7b', 'lp64').fields).toEqual({
      lastClient: 32,
      keyRequested: 48,
      width: 52,
      height: 56,
      format: 60,
      stride: 64,
      online: 68,
      key: 69,
      gop: 72,
      grabbed: 80,
      grabEnd: 96,
      encodeBegin: 112,
      encodeEnd: 128,
    });
    expect(slotLayout('C10', 'a32').fields).toMatchObject({
      keyRequested: 56,
      width: 60,
      online: 76,
      key: 77,
      gop: 80,
      grabbed: 88,
      encodeEnd: 112,
    });
  });

  it('say what a slot holds by the end of its name', () => {
    expect(['demo::ustreamer::h264', 'a.JPEG', 'x:raw', 'h264', 'a:b.h264'].map(slotKindOf)).toEqual([
      'h264',
      'jpeg',
      'raw',
      undefined,
      undefined,
    ]);
  });
});

describe.each(SLOT_LAYOUTS.flatMap((name) => (['lp64', 'a32'] as const).map((abi) => [name, abi] as const)))(
  'a slot of layout %s, %s',
  (name, abi) => {
    const layout = slotLayout(name, abi, 'h264');
    const real = realKindOf(abi, 'x64');
    const frame = {
      id: 0x1122334455667788n,
      lengthBytes: 4321,
      width: 1920,
      height: 1080,
      format: 'H264',
      stride: 0,
      online: true,
      key: layout.fields.key !== undefined,
      ...(layout.fields.gop !== undefined && { gop: 30 }),
      grabbedSeconds: 1302.437,
      encodeBeginSeconds: 1302.44,
      encodeEndSeconds: 1302.445,
    };

    it('is read as it was written', () => {
      const { encodeBeginSeconds: _begin, encodeEndSeconds: _end, ...read } = frame;

      expect(parseSlotHeader(serializeSlotHeader(frame, layout, real), layout, real)).toEqual(read);
    });

    it('is known by its first bytes and its size', () => {
      const found = identifySlot(serializeSlotHeader(frame, layout, real), layout.sizeBytes);

      expect(found).toMatchObject({ name, abi });
    });

    it('refuses a frame that is larger than the slot', () => {
      const header = serializeSlotHeader({ ...frame, lengthBytes: layout.capacityBytes + 1 }, layout, real);

      expect(() => parseSlotHeader(header, layout, real)).toThrowError(
        expect.objectContaining({ code: 'memsink/too-long' }) as Error,
      );
    });
  },
);

describe('an object that is no slot', () => {
  it('of zeros is one that waits', () => {
    expect(identifySlot(new Uint8Array(32), 2_097_296)).toBeUndefined();
  });

  it.each([
    ['memsink/too-short', new Uint8Array(31), 100],
    ['memsink/too-short', new Uint8Array(32), 31],
    ['memsink/unknown-version', headerOf(99), 2_097_296],
    ['memsink/unknown-size', headerOf(7), 2_000_000],
  ])('is refused by %s', (code, prefix, size) => {
    expect(() => identifySlot(prefix, size)).toThrowError(expect.objectContaining({ code }) as Error);
  });
});

function headerOf(version: number): Uint8Array {
  const header = new Uint8Array(32);
  const view = viewOf(header);
  view.setBigUint64(0, 0xcafebabecafebaben, true);
  view.setUint32(8, version, true);
  return header;
}
