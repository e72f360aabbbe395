import { AAC_RATES, parseAudioSpecificConfig } from '@pinhole/media/fmp4';
import { FfmpegError } from '../failure.ts';
import type { AudioCoding } from './audio-encoder-options.ts';

const HEADER_BYTES = 7;
const LONGEST_FRAME_BYTES = 2 ** 13 - 1;

/**
 * Puts ADTS headers before the AAC frames of one stream.
 * @returns a function that does
 * @throws {FfmpegError} `ffmpeg/encode` for a stream that ADTS has no words for
 * @see ISO/IEC 13818-7 §6.2
 */
export function adtsWriter({ config, sampleRate, channels }: AudioCoding): (frame: Uint8Array) => Uint8Array {
  const told = config && parseAudioSpecificConfig(config);
  const rateIndex = AAC_RATES.indexOf(told?.sampleRate ?? sampleRate);
  const channelCount = told?.channels ?? channels;
  const channelConfiguration = channelCount === 8 ? 7 : channelCount;
  if (rateIndex < 0 || channelConfiguration > 7) {
    throw new FfmpegError('ffmpeg/encode', `AAC of ${sampleRate} Hz and ${channels} channels cannot be read`);
  }
  return (frame) => {
    const length = HEADER_BYTES + frame.byteLength;
    const bytes = new Uint8Array(length);
    if (length > LONGEST_FRAME_BYTES) return new Uint8Array();
    // Sync word, MPEG-4, no checksum; AAC-LC (band replication is found inside the frames).
    bytes[0] = 0xff;
    bytes[1] = 0xf1;
    bytes[2] = (1 << 6) | (rateIndex << 2) | (channelConfiguration >> 2);
    bytes[3] = ((channelConfiguration & 3) << 6) | (length >> 11);
    bytes[4] = (length >> 3) & 0xff;
    bytes[5] = ((length & 7) << 5) | 0x1f;
    bytes[6] = 0xfc;
    bytes.set(frame, HEADER_BYTES);
    return bytes;
  };
}

/** Takes the AAC frames out of an ADTS stream. */
export class AdtsReader {
  #rest: Uint8Array = new Uint8Array();

  /**
   * Takes bytes as they come.
   * @yields frames without headers, with memory of their own.
   * @throws {FfmpegError} `ffmpeg/encode` when this is no ADTS
   */
  *push(chunk: Uint8Array): Generator<Uint8Array, void, void> {
    const bytes = this.#rest.byteLength === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    let at = 0;
    while (bytes.byteLength - at >= HEADER_BYTES) {
      const byte = (offset: number): number => bytes[at + offset] ?? 0;
      const length = ((byte(3) & 3) << 11) | (byte(4) << 3) | (byte(5) >> 5);
      const headerBytes = (byte(1) & 1) === 1 ? HEADER_BYTES : HEADER_BYTES + 2;
      if (byte(0) !== 0xff || (byte(1) & 0xf6) !== 0xf0 || length < headerBytes) {
        throw new FfmpegError('ffmpeg/encode', 'FFmpeg wrote no ADTS');
      }
      if (bytes.byteLength - at < length) break;
      yield bytes.slice(at + headerBytes, at + length);
      at += length;
    }
    this.#rest = bytes.slice(at);
  }
}
