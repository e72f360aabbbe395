import { type Micros, micros } from '@pinhole/core';
import type { AudioFrame, AudioParameters } from '@pinhole/engine';
import { aacLowComplexityConfig } from '@pinhole/media/fmp4';
import { ALL_FORMATS, BufferSource, EncodedPacketSink, Input } from 'mediabunny';
import { runFfmpeg } from './decode-with-ffmpeg.ts';

/** A tone that ffmpeg encoded. */
export interface SoundClip {
  readonly parameters: AudioParameters;
  readonly frames: readonly { readonly data: Uint8Array; readonly duration: Micros }[];
}

/** An ADTS header without a checksum (ISO/IEC 13818-7 §6.2); sources strip it. */
const ADTS_BYTES = 7;

/** Encodes a tone of so many seconds. */
export async function soundClip(codec: 'aac' | 'opus', seconds: number): Promise<SoundClip> {
  const coding = codec === 'aac' ? '-c:a aac -f adts pipe:1' : '-c:a libopus -b:a 96k -f ogg pipe:1';
  const tone = `sine=frequency=440:sample_rate=48000:duration=${seconds}`;
  const file = runFfmpeg(['-f', 'lavfi', '-i', tone, '-ac', '2', ...coding.split(' ')]);
  const track = await new Input({
    source: new BufferSource(Uint8Array.from(file)),
    formats: ALL_FORMATS,
  }).getPrimaryAudioTrack();
  if (track === null) throw new Error('no audio track');
  const config =
    codec === 'aac' ? { config: aacLowComplexityConfig({ sampleRate: 48_000, channels: 2 }) } : {};
  const frames: { data: Uint8Array; duration: Micros }[] = [];
  for await (const { data, duration } of new EncodedPacketSink(track).packets()) {
    frames.push({
      data: codec === 'aac' ? data.subarray(ADTS_BYTES) : data,
      duration: micros(Math.round(duration * 1e6)),
    });
  }
  return { frames, parameters: { codec, sampleRate: 48_000, channels: 2, ...config } };
}

/** The clip from `start` on, as a source hands it over: `pts` and capture times run together. */
export function* framesFrom(
  { frames, parameters }: SoundClip,
  start: { readonly pts: Micros; readonly captureTime: Micros },
): Generator<AudioFrame, void, void> {
  let at = 0;
  for (const { data, duration } of frames) {
    const shifted = (time: Micros): Micros => micros(Math.round(time + at));
    yield { data, duration, parameters, pts: shifted(start.pts), captureTime: shifted(start.captureTime) };
    // Exact: an AAC frame lasts 21 333.33 µs.
    at += parameters.codec === 'aac' ? (1024 * 1e6) / parameters.sampleRate : duration;
  }
}
