import { ByteWriter } from '@pinhole/core';
import { serializeAvcDecoderConfiguration } from '../h264/avc-decoder-configuration.ts';
import { parseSps, type Sps } from '../h264/sps.ts';
import { fourCc, writeBox, writeFullBox, writeZeros } from './box.ts';

/** Ticks of the one track in a second; that of RTP, so that times carry over exactly. */
export const FMP4_TIMESCALE = 90_000;

/** Id of the one track. */
export const FMP4_TRACK_ID = 1;

/** What a decoder must know before the first fragment; the parameters of a stream fit. */
export interface InitSegmentOptions {
  /** SPS NAL unit, without start code. */
  readonly sps: Uint8Array;
  /** PPS NAL units, without start codes. */
  readonly pps: readonly Uint8Array[];
  /** Picture size in pixels, after cropping. */
  readonly width: number;
  readonly height: number;
}

/**
 * The init segment of a live H.264 track: no audio, no duration, no samples. After a change of parameters or size,
 * another one goes before the next fragment, and the time line goes on.
 *
 * Samples carry no parameter sets (`avc1`); pixel shape and colours are told as far as the SPS tells them.
 *
 * @throws {MalformedError} `h264/*` for an SPS that cannot be read or parameter sets that do not fit the record.
 * @throws {RangeError} a width or height that is not an integer from 1 to 65535.
 * @see ISO/IEC 14496-12 §8.1–8.8, ISO/IEC 14496-15 §5.4.2, MSE byte stream format for ISO BMFF §3
 */
export function initSegment(options: InitSegmentOptions): Uint8Array {
  for (const side of ['width', 'height'] as const) {
    const value = options[side];
    if (!Number.isInteger(value) || value < 1 || value > 65_535) {
      throw new RangeError(`${side} ${value}, need an integer from 1 to 65535`);
    }
  }
  const sps = parseSps(options.sps);
  const writer = new ByteWriter(1024);
  writeBox(writer, 'ftyp', () => {
    // iso6 has what fragments use: default-base-is-moof, 64-bit decode times, signed composition offsets.
    writer.u32(fourCc('iso6')).u32(0).u32(fourCc('iso6')).u32(fourCc('avc1')).u32(fourCc('mp41'));
  });
  writeBox(writer, 'moov', () => {
    writeMovieHeader(writer);
    writeBox(writer, 'trak', () => {
      writeTrackHeader(writer, options, sps);
      writeBox(writer, 'mdia', () => {
        writeMediaHeader(writer);
        writeBox(writer, 'minf', () => {
          writeFullBox(writer, { type: 'vmhd', flags: 1 }, () => writeZeros(writer, 8));
          writeSelfReference(writer);
          writeEmptySampleTable(writer, options, sps);
        });
      });
    });
    writeBox(writer, 'mvex', () => {
      writeFullBox(writer, { type: 'trex' }, () => {
        writer.u32(FMP4_TRACK_ID).u32(1); // sample description index
        writeZeros(writer, 12); // duration, size, flags: each fragment has its own
      });
    });
  });
  return writer.finish().slice();
}

function writeMovieHeader(writer: ByteWriter): void {
  writeFullBox(writer, { type: 'mvhd' }, () => {
    writer.u32(0).u32(0).u32(FMP4_TIMESCALE).u32(0); // created, modified, timescale, duration unknown
    writer.u32(0x0001_0000).u16(0x0100); // rate 1, volume 1
    writeZeros(writer, 10);
    writeUnityMatrix(writer);
    writeZeros(writer, 24);
    writer.u32(FMP4_TRACK_ID + 1); // next track id
  });
}

function writeTrackHeader(writer: ByteWriter, { width, height }: InitSegmentOptions, sps: Sps): void {
  const { width: across = 1, height: down = 1 } = sps.vui?.sampleAspectRatio ?? {};
  const shownWidth = Math.min(65_535, width * (across / down));
  // Flags: enabled, in the movie.
  writeFullBox(writer, { type: 'tkhd', flags: 3 }, () => {
    writer.u32(0).u32(0).u32(FMP4_TRACK_ID).u32(0).u32(0); // created, modified, id, reserved, duration
    writeZeros(writer, 16); // reserved, layer, group, volume
    writeUnityMatrix(writer);
    writer.u32(Math.round(shownWidth * 0x1_0000)).u32(height * 0x1_0000); // 16.16
  });
}

function writeMediaHeader(writer: ByteWriter): void {
  writeFullBox(writer, { type: 'mdhd' }, () => {
    writer.u32(0).u32(0).u32(FMP4_TIMESCALE).u32(0);
    writer.u16(0x55c4).u16(0); // language "und"
  });
  writeFullBox(writer, { type: 'hdlr' }, () => {
    writer.u32(0).u32(fourCc('vide'));
    writeZeros(writer, 13); // reserved, empty name
  });
}

/** The media lies in the same file. */
function writeSelfReference(writer: ByteWriter): void {
  writeBox(writer, 'dinf', () => {
    writeFullBox(writer, { type: 'dref' }, () => {
      writer.u32(1);
      writeFullBox(writer, { type: 'url ', flags: 1 }, () => {});
    });
  });
}

function writeEmptySampleTable(writer: ByteWriter, options: InitSegmentOptions, sps: Sps): void {
  writeBox(writer, 'stbl', () => {
    writeFullBox(writer, { type: 'stsd' }, () => {
      writer.u32(1);
      writeAvcSampleEntry(writer, options, sps);
    });
    for (const type of ['stts', 'stsc', 'stco']) writeFullBox(writer, { type }, () => writer.u32(0));
    writeFullBox(writer, { type: 'stsz' }, () => writer.u32(0).u32(0));
  });
}

function writeAvcSampleEntry(writer: ByteWriter, options: InitSegmentOptions, sps: Sps): void {
  const { sampleAspectRatio, colour, fullRange } = sps.vui ?? {};
  writeBox(writer, 'avc1', () => {
    writeZeros(writer, 6);
    writer.u16(1); // data reference index
    writeZeros(writer, 16);
    writer.u16(options.width).u16(options.height);
    writer.u32(0x0048_0000).u32(0x0048_0000).u32(0).u16(1); // 72 dpi, one frame a sample
    writeZeros(writer, 32); // compressor name
    writer.u16(24).u16(0xffff); // depth, pre_defined −1
    writeBox(writer, 'avcC', () => {
      writer.bytes(serializeAvcDecoderConfiguration({ sps: [options.sps], pps: options.pps }));
    });
    if (colour !== undefined) {
      writeBox(writer, 'colr', () => {
        writer.u32(fourCc('nclx')).u16(colour.primaries).u16(colour.transfer).u16(colour.matrix);
        writer.u8(fullRange === true ? 0x80 : 0);
      });
    }
    if (sampleAspectRatio !== undefined && sampleAspectRatio.width !== sampleAspectRatio.height) {
      writeBox(writer, 'pasp', () => writer.u32(sampleAspectRatio.width).u32(sampleAspectRatio.height));
    }
  });
}

function writeUnityMatrix(writer: ByteWriter): void {
  for (const value of [0x1_0000, 0, 0, 0, 0x1_0000, 0, 0, 0, 0x4000_0000]) writer.u32(value);
}
