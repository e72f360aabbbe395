import { MalformedError } from '@pinhole/core';
import type { AudioParameters, StreamParameters } from '@pinhole/engine';
import { type AudioTrack, audioCodecString, type InitSegmentOptions, initSegment } from '@pinhole/media/fmp4';
import { codecString, parseSps } from '@pinhole/media/h264';
import type { MovieFile } from '../movie-file.ts';

/** How pictures and sound are coded: one header serves all that have the same. */
export type Coding = InitSegmentOptions;

/**
 * What a file's header tells; nothing when its pictures are not H.264, or are told in a way that no header of ours can repeat: a
 * garbled file. Sound of that kind is left out. Views into the header.
 */
export function codingOfFile({ video, audio }: MovieFile): Coding | undefined {
  const [sps] = video?.sps ?? [];
  if (video === undefined || sps === undefined) return undefined;
  const { pps, width, height } = video;
  const silent = { sps, pps, width, height };
  if (!canBeWritten(silent)) return undefined;
  if (audio === undefined) return silent;
  const { timescale: sampleRate, channels, config } = audio;
  const codec = audio.codec === 'opus' ? 'opus' : 'aac';
  const coding: Coding = { ...silent, audio: { codec, sampleRate, channels, ...(config && { config }) } };
  return canBeWritten(coding) ? coding : silent;
}

function canBeWritten(coding: Coding): boolean {
  try {
    initSegment(coding);
    return true;
  } catch (thrown) {
    if (thrown instanceof MalformedError || thrown instanceof RangeError) return false;
    throw thrown;
  }
}

/** What a camera's stream tells. */
export function codingOfStream(
  { sps, pps, width, height }: StreamParameters,
  audio: AudioParameters | undefined,
): Coding {
  return { sps, pps, width, height, ...(audio && { audio }) };
}

/** Pictures of both are decoded by one decoder. */
export const isSamePicture = (a: Coding, b: Coding): boolean =>
  a.width === b.width &&
  a.height === b.height &&
  isSameBytes(a.sps, b.sps) &&
  a.pps.length === b.pps.length &&
  a.pps.every((pps, i) => isSameBytes(pps, b.pps[i]));

/** The sound of both is decoded by one decoder, or neither has any. */
export function isSameSound({ audio: a }: Coding, { audio: b }: Coding): boolean {
  if (a === undefined || b === undefined) return a === b;
  return (
    a.codec === b.codec &&
    a.sampleRate === b.sampleRate &&
    a.channels === b.channels &&
    (a.config === undefined || b.config === undefined || isSameBytes(a.config, b.config))
  );
}

/** The same without sound. */
export const withoutSound = ({ sps, pps, width, height }: Coding): Coding => ({ sps, pps, width, height });

/** For a `Content-Type` and for MSE. */
export const contentTypeOf = ({ sps, audio }: Coding): string =>
  `video/mp4; codecs="${[codecString(parseSps(sps)), ...soundOf(audio)].join(', ')}"`;

const soundOf = (audio: AudioTrack | undefined): readonly string[] =>
  audio ? [audioCodecString(audio)] : [];

const isSameBytes = (a: Uint8Array, b: Uint8Array | undefined): boolean =>
  a.byteLength === b?.byteLength && a.every((byte, i) => byte === b[i]);
