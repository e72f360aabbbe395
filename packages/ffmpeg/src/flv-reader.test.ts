import { describe, expect, it } from 'vitest';
import { hex } from '../../../test/support/hex.ts';
import { FlvReader, type FlvVideo } from './flv-reader.ts';

const HEADER = `
  46 4c 56 01   # "FLV", version 1
  01            # video only
  00 00 00 09   # header size`;

const CONFIGURATION = `
  00 00 00 00   # size of the tag before
  09            # video
  00 00 07      # body size
  00 00 00 00   # time
  00 00 00      # stream id
  17 00 00 00 00 # key, AVC; sequence header
  01 64         # the record`;

const picture = (time: string, composition: string): string => `
  00 00 00 12   # size of the tag before
  09 00 00 0a   # video, 10 bytes
  ${time}       # time: low 24 bits, high 8
  00 00 00      # stream id
  27 01 ${composition} # not key, AVC; picture; shown so much later
  00 00 00 01 41 # length-prefixed NAL unit`;

const read = (...parts: readonly Uint8Array[]): FlvVideo[] => {
  const reader = new FlvReader();
  return parts.flatMap((part) => [...reader.push(part)]);
};

describe('reading FLV', () => {
  it('finds the configuration and a picture with both of its times', () => {
    expect(read(hex(HEADER + CONFIGURATION + picture('00 00 21 00', '00 00 42')))).toEqual([
      { kind: 'configuration', data: hex('01 64') },
      { kind: 'picture', data: hex('00 00 00 01 41'), dts: 33_000, pts: 99_000 },
    ]);
  });

  it('hands a picture over with its last byte, whatever the pieces', () => {
    const bytes = hex(HEADER + CONFIGURATION + picture('00 00 21 00', '00 00 00'));
    const reader = new FlvReader();

    const kinds = [...bytes].map((byte) => [...reader.push(Uint8Array.of(byte))].map((video) => video.kind));

    expect(kinds.at(-1)).toEqual(['picture']);
    expect(kinds.flat()).toEqual(['configuration', 'picture']);
  });

  it('reads composition times below zero', () => {
    expect(read(hex(HEADER + picture('00 00 64 00', 'ff ff ff')))).toMatchObject([
      { dts: 100_000, pts: 99_000 },
    ]);
  });

  it('goes on after the 31-bit clock of FFmpeg wraps', () => {
    const [before, after] = read(
      hex(HEADER + picture('ff ff f0 7f', '00 00 00') + picture('00 00 11 00', '00 00 00')),
    );

    expect(before).toMatchObject({ dts: (2 ** 31 - 16) * 1000 });
    expect(after).toMatchObject({ dts: (2 ** 31 + 17) * 1000 });
  });

  it('tells of a codec that is not H.264', () => {
    expect(read(hex(`${HEADER}\n00 00 00 00 09 00 00 05 00 00 00 00 00 00 00 90 68 76 63 31`))).toEqual([
      { kind: 'foreign', codecId: 0 },
    ]);
  });

  it('refuses what is no FLV', () => {
    expect(() => read(hex('52 49 46 46 00 00 00 00 00'))).toThrowError(
      expect.objectContaining({ code: 'ffmpeg/invalid-input' }),
    );
  });
});
