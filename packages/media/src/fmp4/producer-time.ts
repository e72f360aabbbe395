import { type ByteReader, type ByteWriter, type Micros, micros } from '@pinhole/core';
import { writeFullBox } from './box.ts';

/** When a picture on the time line of a file was captured. */
export interface ProducerTime {
  readonly trackId: number;
  /** UTC. */
  readonly captureTime: Micros;
  /** The picture's presentation time on the track's time line, in its ticks. */
  readonly mediaTime: number;
}

/** From 1900, where NTP counts from, to 1970. */
const NTP_EPOCH_SECONDS = 2_208_988_800;

/**
 * Writes `prft`. Flags 0: when the picture went into the encoder, of which the capture is the nearest thing known.
 * @see ISO/IEC 14496-12 §8.16.5, RFC 5905 §6 (NTP timestamp; the era is the one that 2036 ends)
 */
export function writeProducerTime(
  writer: ByteWriter,
  { trackId, captureTime, mediaTime }: ProducerTime,
): void {
  const seconds = Math.floor(captureTime / 1e6);
  const fraction = Math.floor(((captureTime - seconds * 1e6) * 2 ** 32) / 1e6);
  writeFullBox(writer, { type: 'prft', version: 1 }, () => {
    writer
      .u32(trackId)
      .u32((seconds + NTP_EPOCH_SECONDS) % 2 ** 32)
      .u32(fraction)
      .u64(mediaTime);
  });
}

/**
 * Reads the body of a `prft` box, behind its header. Seconds that lie before 1968 are taken to be of the era that
 * begins in 2036 (RFC 4330 §3).
 */
export function readProducerTime(reader: ByteReader): ProducerTime {
  const version = reader.u8();
  reader.skip(3);
  const trackId = reader.u32();
  const ntpSeconds = reader.u32();
  const fraction = reader.u32();
  const mediaTime = version === 0 ? reader.u32() : reader.u64();
  const seconds = (ntpSeconds < 2 ** 31 ? ntpSeconds + 2 ** 32 : ntpSeconds) - NTP_EPOCH_SECONDS;
  return { trackId, captureTime: micros(seconds * 1e6 + Math.round((fraction * 1e6) / 2 ** 32)), mediaTime };
}
