import { ByteReader, MalformedError } from '@pinhole/core';
import { parseAvcDecoderConfiguration } from '../h264/avc-decoder-configuration.ts';
import { codecString } from '../h264/codec-string.ts';
import { audioCodecString } from './audio-track.ts';
import { type Box, boxesIn } from './box-header.ts';
import { NOTE_UUID } from './recording-header.ts';

/** What the header of a file tells of its video. */
export interface MovieVideoTrack {
  readonly kind: 'video';
  readonly trackId: number;
  /** Ticks a second. */
  readonly timescale: number;
  /** As MSE wants it, e.g. `avc1.64001f`. */
  readonly codec: string;
  readonly width: number;
  readonly height: number;
  /** NAL units without start code; views. */
  readonly sps: readonly Uint8Array[];
  readonly pps: readonly Uint8Array[];
}

/** What the header of a file tells of its sound. */
export interface MovieAudioTrack {
  readonly kind: 'audio';
  readonly trackId: number;
  /** Ticks a second. */
  readonly timescale: number;
  /** As MSE wants it, e.g. `mp4a.40.2`. */
  readonly codec: string;
  readonly channels: number;
  /** AAC's AudioSpecificConfig (ISO 14496-3 §1.6.2.1), where it could be found; a view. */
  readonly config?: Uint8Array;
}

/** What the header of a file tells. */
export interface Movie {
  /** Ticks a second of `duration`. */
  readonly timescale: number;
  /** In ticks; undefined while the file is written and after a crash. */
  readonly duration: number | undefined;
  readonly tracks: readonly (MovieVideoTrack | MovieAudioTrack)[];
  /** What `recordingHeader` was given as such; a view. */
  readonly note: Uint8Array | undefined;
}

const CODE = 'fmp4/movie';

/** No file of ours has more than two. */
const MOST_TRACKS = 16;

/** Boxes of a file's kind that hold nothing but boxes. */
interface TrackParts {
  readonly trackId: number;
  readonly timescale: number;
  readonly handler: string;
  readonly entry: Box;
}

/**
 * Reads ftyp and moov: an init segment, or the beginning of a recording. Boxes behind moov are not looked at and need
 * not be whole. Tracks that are neither H.264, AAC nor Opus are left out.
 * @returns views into `bytes`; they die with it.
 * @throws {MalformedError} `fmp4/movie`, `fmp4/box`, `h264/*` for an avcC that cannot be read; for any input, nothing else.
 */
export function parseMovie(bytes: Uint8Array): Movie {
  return strict(() => {
    for (const box of boxesIn(bytes)) if (box.type === 'moov') return readMovie(box);
    throw new MalformedError(CODE, 'no moov box');
  });
}

function readMovie(moov: Box): Movie {
  let timescale = 0;
  let duration = 0;
  let note: Uint8Array | undefined;
  const tracks: (MovieVideoTrack | MovieAudioTrack)[] = [];
  for (const box of boxesIn(moov.body)) {
    if (box.type === 'mvhd') ({ timescale, duration } = readTimes(box));
    else if (box.type === 'udta') note = readNote(box);
    else if (box.type === 'trak') {
      if (tracks.length >= MOST_TRACKS) throw new MalformedError(CODE, `more than ${MOST_TRACKS} tracks`);
      const track = readTrack(box);
      if (track !== undefined) tracks.push(track);
    }
  }
  if (timescale === 0) throw new MalformedError(CODE, 'no timescale in mvhd');
  return { timescale, duration: duration === 0 ? undefined : duration, tracks, note };
}

function readTrack(trak: Box): MovieVideoTrack | MovieAudioTrack | undefined {
  const { trackId, timescale, handler, entry } = readParts(trak);
  if (timescale === 0) throw new MalformedError(CODE, `track ${trackId} has no timescale`);
  if (handler === 'vide' && (entry.type === 'avc1' || entry.type === 'avc3')) {
    return { kind: 'video', trackId, timescale, ...readAvcEntry(entry) };
  }
  if (handler !== 'soun' || (entry.type !== 'mp4a' && entry.type !== 'Opus')) return undefined;
  const reader = new ByteReader(entry.body);
  reader.skip(16);
  const channels = reader.u16();
  if (entry.type === 'Opus') return { kind: 'audio', trackId, timescale, codec: 'opus', channels };
  const config = aacConfigOf(entry);
  return {
    kind: 'audio',
    trackId,
    timescale,
    codec: audioCodecString({ codec: 'aac', ...config }),
    channels,
    ...config,
  };
}

function readParts(trak: Box): TrackParts {
  const mdia = childOf(trak, 'mdia');
  const handlerReader = new ByteReader(childOf(mdia, 'hdlr').body);
  handlerReader.skip(8);
  const handler = String.fromCharCode(...handlerReader.bytes(4));
  const stsd = childOf(childOf(childOf(mdia, 'minf'), 'stbl'), 'stsd');
  const [entry] = boxesIn(stsd.body.subarray(8));
  if (entry === undefined) throw new MalformedError(CODE, 'no sample entry in stsd');
  const { timescale } = readTimes(childOf(mdia, 'mdhd'));
  return { trackId: readTrackId(childOf(trak, 'tkhd')), timescale, handler, entry };
}

/** mvhd and mdhd begin alike. */
function readTimes(box: Box): { readonly timescale: number; readonly duration: number } {
  const reader = new ByteReader(box.body);
  const version = reader.u8();
  reader.skip(version === 1 ? 19 : 11);
  const timescale = reader.u32();
  return { timescale, duration: version === 1 ? reader.u64() : reader.u32() };
}

function readTrackId(tkhd: Box): number {
  const reader = new ByteReader(tkhd.body);
  const version = reader.u8();
  reader.skip(version === 1 ? 19 : 11);
  return reader.u32();
}

function readAvcEntry(entry: Box): Pick<MovieVideoTrack, 'codec' | 'width' | 'height' | 'sps' | 'pps'> {
  const reader = new ByteReader(entry.body);
  reader.skip(24);
  const [width, height] = [reader.u16(), reader.u16()];
  reader.skip(50);
  for (const box of boxesIn(reader.rest())) {
    if (box.type !== 'avcC') continue;
    const configuration = parseAvcDecoderConfiguration(box.body);
    const { sps, pps } = configuration;
    if (sps.length === 0) break;
    return { codec: codecString(configuration), width, height, sps, pps };
  }
  throw new MalformedError(CODE, 'no SPS in avcC');
}

/** The AudioSpecificConfig in `esds`; nothing where it cannot be found, since the codec's name is all that depends on it. */
function aacConfigOf(entry: Box): { readonly config?: Uint8Array } {
  try {
    for (const { type, body } of boxesIn(entry.body.subarray(28))) {
      if (type !== 'esds') continue;
      const reader = new ByteReader(body);
      reader.skip(4);
      skipDescriptorHeader(reader);
      reader.skip(3);
      skipDescriptorHeader(reader);
      reader.skip(13);
      return { config: reader.bytes(skipDescriptorHeader(reader)) };
    }
  } catch (thrown) {
    if (!(thrown instanceof MalformedError)) throw thrown;
  }
  return {};
}

/** @returns the descriptor's length: seven bits a byte, four bytes at most (ISO/IEC 14496-1 §8.3.3) */
function skipDescriptorHeader(reader: ByteReader): number {
  reader.skip(1);
  let length = 0;
  for (let i = 0; i < 4; i++) {
    const byte = reader.u8();
    length = (length << 7) | (byte & 0x7f);
    if ((byte & 0x80) === 0) break;
  }
  return length;
}

function readNote(udta: Box): Uint8Array | undefined {
  for (const { type, body } of boxesIn(udta.body)) {
    if (type === 'uuid' && NOTE_UUID.every((byte, index) => body[index] === byte)) {
      return body.subarray(NOTE_UUID.byteLength);
    }
  }
  return undefined;
}

function childOf(parent: Box, type: string): Box {
  for (const box of boxesIn(parent.body)) if (box.type === type) return box;
  throw new MalformedError(CODE, `no ${type} in ${parent.type}`);
}

function strict<T>(read: () => T): T {
  try {
    return read();
  } catch (thrown) {
    if (!(thrown instanceof MalformedError) || thrown.code !== 'bytes/too-short') throw thrown;
    throw new MalformedError(CODE, `a box of moov ends too early: ${thrown.message}`, { cause: thrown });
  }
}
