import type { ByteWriter } from '@pinhole/core';
import { writeBox, writeFullBox, writeZeros } from './box.ts';

/** How a track's sound is coded; the audio parameters of a stream fit. */
export interface AudioTrack {
  /** `aac` is raw AAC frames (ISO 14496-3) without ADTS headers, `opus` packets of RFC 6716. */
  readonly codec: 'aac' | 'opus';
  /** Samples a second; the timescale of the track. */
  readonly sampleRate: number;
  readonly channels: number;
  /** AAC's AudioSpecificConfig (ISO 14496-3 §1.6.2.1); AAC-LC of that rate and those channels when left out. */
  readonly config?: Uint8Array;
}

/** Sampling frequencies by index (ISO/IEC 14496-3 table 1.18). */
export const AAC_RATES: readonly number[] = [
  96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8000, 7350,
];

const RATE_ESCAPE = 15;
const OBJECT_TYPE_LC = 2;
const LONGEST_CONFIG_BYTES = 64;

/**
 * The codec of a track as MSE and RFC 6381 name it, e.g. `mp4a.40.2` or `opus`.
 */
export function audioCodecString({ codec, config }: Pick<AudioTrack, 'codec' | 'config'>): string {
  if (codec === 'opus') return 'opus';
  const [first = OBJECT_TYPE_LC << 3, second = 0] = config ?? [];
  const objectType = first >> 3;
  return `mp4a.40.${objectType === 31 ? 32 + (((first & 7) << 3) | (second >> 5)) : objectType}`;
}

/** The AudioSpecificConfig of AAC-LC (ISO/IEC 14496-3 §1.6.2.1). */
export function aacLowComplexityConfig({
  sampleRate,
  channels,
}: Pick<AudioTrack, 'sampleRate' | 'channels'>): Uint8Array {
  const index = AAC_RATES.indexOf(sampleRate);
  // 5 bits object type, 4 bits index, with the escape 24 bits of rate, 4 bits channels, 3 bits that are 0.
  const configuration = channels === 8 ? 7 : channels;
  if (index >= 0) {
    return Uint8Array.of((OBJECT_TYPE_LC << 3) | (index >> 1), ((index & 1) << 7) | (configuration << 3));
  }
  return Uint8Array.of(
    (OBJECT_TYPE_LC << 3) | (RATE_ESCAPE >> 1),
    ((RATE_ESCAPE & 1) << 7) | (sampleRate >>> 17),
    (sampleRate >>> 9) & 0xff,
    (sampleRate >>> 1) & 0xff,
    ((sampleRate & 1) << 7) | (configuration << 3),
  );
}

/** @throws {RangeError} what no sample entry can tell; field, value and what would do are named. */
export function checkAudioTrack({ codec, sampleRate, channels, config }: AudioTrack): void {
  if (!Number.isInteger(sampleRate) || sampleRate < 1 || sampleRate > 192_000) {
    throw new RangeError(`sampleRate ${sampleRate}, need an integer from 1 to 192000`);
  }
  const most = codec === 'opus' ? 2 : 8;
  if (!Number.isInteger(channels) || channels < 1 || channels > most) {
    throw new RangeError(`channels ${channels}, need an integer from 1 to ${most} for ${codec}`);
  }
  if (config !== undefined && (config.byteLength < 2 || config.byteLength > LONGEST_CONFIG_BYTES)) {
    throw new RangeError(`config of ${config.byteLength} bytes, need 2 to ${LONGEST_CONFIG_BYTES}`);
  }
}

/**
 * Writes the one entry of an audio track's `stsd`.
 * @see ISO/IEC 14496-12 §12.2.3, ISO/IEC 14496-14 §5.6 (mp4a, esds), Opus in ISOBMFF §4.3 (Opus, dOps)
 */
export function writeAudioSampleEntry(writer: ByteWriter, audio: AudioTrack): void {
  writeBox(writer, audio.codec === 'aac' ? 'mp4a' : 'Opus', () => {
    writeZeros(writer, 6);
    writer.u16(1); // data reference index
    writeZeros(writer, 8);
    writer.u16(audio.channels).u16(16).u32(0); // 16 bits a sample by convention
    // 16.16; a rate that does not fit is told by the codec's own configuration alone.
    writer.u32(audio.sampleRate < 0x1_0000 ? audio.sampleRate * 0x1_0000 : 0);
    if (audio.codec === 'aac') writeEsds(writer, audio);
    else writeDops(writer, audio);
  });
}

/** ES descriptor ⊃ decoder configuration ⊃ AudioSpecificConfig (ISO/IEC 14496-1 §7.2.6). */
function writeEsds(writer: ByteWriter, audio: AudioTrack): void {
  const config = audio.config ?? aacLowComplexityConfig(audio);
  const decoderBytes = 13 + 2 + config.byteLength;
  writeFullBox(writer, { type: 'esds' }, () => {
    writer.u8(3).u8(3 + 2 + decoderBytes + 3);
    writer.u16(0).u8(0); // ES_ID: the track's own; no optional fields
    writer.u8(4).u8(decoderBytes);
    writer.u8(0x40).u8(0x15).u24(0).u32(0).u32(0); // MPEG-4 audio, audio stream, buffer and bit rates unknown
    writer.u8(5).u8(config.byteLength).bytes(config);
    writer.u8(6).u8(1).u8(2); // sync layer: as MP4 has it
  });
}

function writeDops(writer: ByteWriter, { channels, sampleRate }: AudioTrack): void {
  writeBox(writer, 'dOps', () => {
    // Version 0; nothing to skip, since the stream was running before; gain 0; mapping family 0.
    writer.u8(0).u8(channels).u16(0).u32(sampleRate).u16(0).u8(0);
  });
}
