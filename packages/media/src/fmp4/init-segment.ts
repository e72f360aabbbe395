import { ByteWriter } from '@pinhole/core';
import { serializeAvcDecoderConfiguration } from '../h264/avc-decoder-configuration.ts';
import { parseSps, type Sps } from '../h264/sps.ts';
import { type AudioTrack, checkAudioTrack, writeAudioSampleEntry } from './audio-track.ts';
import { fourCc, writeBox, writeFullBox, writeZeros } from './box.ts';

/** Ticks of the video track in a second; that of RTP, so that times carry over exactly. */
export const FMP4_TIMESCALE = 90_000;

/** Id of the video track. */
export const FMP4_TRACK_ID = 1;

/** Id of the audio track, where there is one; its timescale is its sample rate. */
export const FMP4_AUDIO_TRACK_ID = 2;

/** What a decoder must know before the first fragment; the parameters of a stream fit. */
export interface InitSegmentOptions {
  /** SPS NAL unit, without start code. */
  readonly sps: Uint8Array;
  /** PPS NAL units, without start codes. */
  readonly pps: readonly Uint8Array[];
  /** Picture size in pixels, after cropping. */
  readonly width: number;
  readonly height: number;
  /** Sound that goes with it; none when left out. */
  readonly audio?: AudioTrack;
}

/**
 * The init segment of a live H.264 track and, where told, its sound: no duration, no samples. After a change of
 * parameters or size, another one goes before the next fragment, and the time line goes on.
 *
 * Samples carry no parameter sets (`avc1`); pixel shape and colours are told as far as the SPS tells them.
 *
 * @throws {MalformedError} `h264/*` for an SPS that cannot be read or parameter sets that do not fit the record.
 * @throws {RangeError} a width or height that is not an integer from 1 to 65535, or an audio track that cannot be told.
 * @see ISO/IEC 14496-12 §8.1–8.8, ISO/IEC 14496-15 §5.4.2, MSE byte stream format for ISO BMFF §3
 */
export function initSegment(options: InitSegmentOptions): Uint8Array {
  const writer = new ByteWriter(1024);
  writeFileType(writer, ['iso6', 'avc1', 'mp41']);
  writeMovie(writer, options);
  return writer.finish().slice();
}

/** Where the durations stand in what was written: offsets of 32-bit fields, and of the place kept for `mehd`. */
export interface DurationFields {
  /** `duration` of mvhd and of the video's tkhd, in ticks of 1/90000 s. */
  readonly movie: readonly number[];
  /** `duration` of the audio's tkhd, in the same ticks. */
  readonly audio: readonly number[];
  /** A `free` box of 16 bytes that `mehd` fits into; undefined unless asked for. */
  readonly extends: number | undefined;
}

/** Writes `ftyp`; the first brand is the major one. */
export function writeFileType(writer: ByteWriter, brands: readonly string[]): void {
  writeBox(writer, 'ftyp', () => {
    // iso6 has what fragments use: default-base-is-moof, 64-bit decode times, signed composition offsets.
    writer.u32(fourCc('iso6')).u32(0);
    for (const brand of brands) writer.u32(fourCc(brand));
  });
}

/** What else goes into `moov` than what the tracks need. */
export interface MovieExtras {
  /** Keeps room for `mehd`. */
  readonly roomForDuration?: true;
  /** Writes more boxes at the end of `moov`. */
  readonly more?: () => void;
}

/**
 * Writes `moov`.
 * @throws as `initSegment`
 */
export function writeMovie(
  writer: ByteWriter,
  options: InitSegmentOptions,
  { roomForDuration, more }: MovieExtras = {},
): DurationFields {
  for (const side of ['width', 'height'] as const) {
    const value = options[side];
    if (!Number.isInteger(value) || value < 1 || value > 65_535) {
      throw new RangeError(`${side} ${value}, need an integer from 1 to 65535`);
    }
  }
  const sps = parseSps(options.sps);
  const { audio } = options;
  if (audio !== undefined) checkAudioTrack(audio);
  const fields: { movie: number[]; audio: number[]; extends: number | undefined } = {
    movie: [],
    audio: [],
    extends: undefined,
  };
  writeBox(writer, 'moov', () => {
    fields.movie.push(writeMovieHeader(writer, audio === undefined ? FMP4_TRACK_ID : FMP4_AUDIO_TRACK_ID));
    fields.movie.push(writeVideoTrack(writer, options, sps));
    if (audio !== undefined) fields.audio.push(writeAudioTrack(writer, audio));
    writeBox(writer, 'mvex', () => {
      if (roomForDuration) {
        fields.extends = writer.length;
        writeBox(writer, 'free', () => writeZeros(writer, 8));
      }
      writeTrackExtends(writer, FMP4_TRACK_ID);
      if (audio !== undefined) writeTrackExtends(writer, FMP4_AUDIO_TRACK_ID);
    });
    more?.();
  });
  return fields;
}

function writeTrackExtends(writer: ByteWriter, trackId: number): void {
  writeFullBox(writer, { type: 'trex' }, () => {
    writer.u32(trackId).u32(1); // sample description index
    writeZeros(writer, 12); // duration, size, flags: each fragment has its own
  });
}

/** @returns where the duration stands */
function writeMovieHeader(writer: ByteWriter, lastTrackId: number): number {
  let durationAt = 0;
  writeFullBox(writer, { type: 'mvhd' }, () => {
    writer.u32(0).u32(0).u32(FMP4_TIMESCALE); // created, modified, timescale
    durationAt = writer.length;
    writer.u32(0); // duration unknown
    writer.u32(0x0001_0000).u16(0x0100); // rate 1, volume 1
    writeZeros(writer, 10);
    writeUnityMatrix(writer);
    writeZeros(writer, 24);
    writer.u32(lastTrackId + 1); // next track id
  });
  return durationAt;
}

function writeVideoTrack(writer: ByteWriter, options: InitSegmentOptions, sps: Sps): number {
  const { width: across = 1, height: down = 1 } = sps.vui?.sampleAspectRatio ?? {};
  const shownWidth = Math.min(65_535, options.width * (across / down));
  let durationAt = 0;
  writeBox(writer, 'trak', () => {
    const shown = { width: Math.round(shownWidth * 0x1_0000), height: options.height * 0x1_0000 };
    durationAt = writeTrackHeader(writer, { trackId: FMP4_TRACK_ID, volume: 0, shown });
    writeMedia(writer, { timescale: FMP4_TIMESCALE, handler: 'vide' }, () =>
      writeAvcSampleEntry(writer, options, sps),
    );
  });
  return durationAt;
}

function writeAudioTrack(writer: ByteWriter, audio: AudioTrack): number {
  let durationAt = 0;
  writeBox(writer, 'trak', () => {
    const shown = { width: 0, height: 0 };
    durationAt = writeTrackHeader(writer, { trackId: FMP4_AUDIO_TRACK_ID, volume: 0x0100, shown });
    writeMedia(writer, { timescale: audio.sampleRate, handler: 'soun' }, () =>
      writeAudioSampleEntry(writer, audio),
    );
  });
  return durationAt;
}

interface TrackHeader {
  readonly trackId: number;
  /** 8.8 */
  readonly volume: number;
  /** 16.16 */
  readonly shown: { readonly width: number; readonly height: number };
}

/** @returns where the duration stands */
function writeTrackHeader(writer: ByteWriter, { trackId, volume, shown }: TrackHeader): number {
  let durationAt = 0;
  // Flags: enabled, in the movie.
  writeFullBox(writer, { type: 'tkhd', flags: 3 }, () => {
    writer.u32(0).u32(0).u32(trackId).u32(0); // created, modified, id, reserved
    durationAt = writer.length;
    writer.u32(0);
    writeZeros(writer, 12); // reserved, layer, group
    writer.u16(volume).u16(0);
    writeUnityMatrix(writer);
    writer.u32(shown.width).u32(shown.height);
  });
  return durationAt;
}

function writeMedia(
  writer: ByteWriter,
  { timescale, handler }: { readonly timescale: number; readonly handler: 'vide' | 'soun' },
  writeSampleEntry: () => void,
): void {
  writeBox(writer, 'mdia', () => {
    writeMediaHeader(writer, { timescale, handler });
    writeBox(writer, 'minf', () => {
      if (handler === 'vide') writeFullBox(writer, { type: 'vmhd', flags: 1 }, () => writeZeros(writer, 8));
      else writeFullBox(writer, { type: 'smhd' }, () => writeZeros(writer, 4));
      writeSelfReference(writer);
      writeEmptySampleTable(writer, writeSampleEntry);
    });
  });
}

function writeMediaHeader(
  writer: ByteWriter,
  { timescale, handler }: { readonly timescale: number; readonly handler: 'vide' | 'soun' },
): void {
  writeFullBox(writer, { type: 'mdhd' }, () => {
    writer.u32(0).u32(0).u32(timescale).u32(0);
    writer.u16(0x55c4).u16(0); // language "und"
  });
  writeFullBox(writer, { type: 'hdlr' }, () => {
    writer.u32(0).u32(fourCc(handler));
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

function writeEmptySampleTable(writer: ByteWriter, writeSampleEntry: () => void): void {
  writeBox(writer, 'stbl', () => {
    writeFullBox(writer, { type: 'stsd' }, () => {
      writer.u32(1);
      writeSampleEntry();
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
