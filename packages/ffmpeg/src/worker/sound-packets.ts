import { type Micros, micros } from '@pinhole/core';
import type { Packet, Stream } from 'node-av/lib';
import type { AudioCoding, AudioInput, TimedAudio } from '../audio/audio-encoder-options.ts';
import type { Av } from './av.ts';

/** A longer config is none that a recording could keep. */
const LONGEST_CONFIG_BYTES = 64;

/** The sound of an input, as its packets have it. */
export class SoundPackets {
  readonly #av: Av;
  readonly #stream: Stream;
  readonly #parameters: AudioCoding<AudioInput>;

  private constructor(av: Av, stream: Stream, parameters: AudioCoding<AudioInput>) {
    this.#av = av;
    this.#stream = stream;
    this.#parameters = parameters;
  }

  /** Of the first stream that can be taken; undefined where there is none. */
  static of(av: Av, streams: readonly Stream[]): SoundPackets | undefined {
    for (const stream of streams) {
      const parameters = parametersOf(av, stream);
      if (parameters !== undefined) return new SoundPackets(av, stream, parameters);
    }
    return undefined;
  }

  /** The stream that it is. */
  get index(): number {
    return this.#stream.index;
  }

  /** The packet as a frame with memory of its own. @param arrival when it came: its last sample was heard before */
  frame({ data, pts, duration }: Packet, arrival: Micros): TimedAudio<AudioInput> | undefined {
    if (data === null || data.byteLength === 0 || pts === this.#av.constants.AV_NOPTS_VALUE) return undefined;
    const { num, den } = this.#stream.timeBase;
    const toMicros = (time: bigint): Micros => micros(Math.round((Number(time) * num * 1_000_000) / den));
    const lasts = this.#duration(data, toMicros(duration));
    if (lasts <= 0) return undefined;
    return {
      data: data.slice(),
      pts: toMicros(pts),
      captureTime: micros(arrival - lasts),
      duration: lasts,
      parameters: this.#parameters,
    };
  }

  #duration(data: Uint8Array, told: Micros): Micros {
    const { codec, sampleRate, channels } = this.#parameters;
    switch (codec) {
      case 'pcmu':
      case 'pcma':
      case 'l16': {
        const samples = data.byteLength / channels / (codec === 'l16' ? 2 : 1);
        return micros(Math.round((samples * 1e6) / sampleRate));
      }
      case 'aac':
        return told > 0 ? told : micros(Math.round((1024 * 1e6) / sampleRate));
      case 'opus':
        return told > 0 ? told : micros(20_000);
    }
  }
}

function parametersOf(av: Av, { codecpar }: Stream): AudioCoding<AudioInput> | undefined {
  const { constants } = av;
  const codec = new Map<number, AudioInput>([
    [constants.AV_CODEC_ID_AAC, 'aac'],
    [constants.AV_CODEC_ID_OPUS, 'opus'],
    [constants.AV_CODEC_ID_PCM_MULAW, 'pcmu'],
    [constants.AV_CODEC_ID_PCM_ALAW, 'pcma'],
    [constants.AV_CODEC_ID_PCM_S16BE, 'l16'],
  ]).get(codecpar.codecId);
  if (codecpar.codecType !== constants.AVMEDIA_TYPE_AUDIO || codec === undefined) return undefined;
  const { sampleRate, extradata } = codecpar;
  const channels = codecpar.channels;
  if (codec === 'opus') return { codec, sampleRate: 48_000, channels: Math.min(2, Math.max(1, channels)) };
  if (!(sampleRate > 0) || !(channels > 0 && channels <= 8)) return undefined;
  if (codec !== 'aac') return { codec, sampleRate, channels };
  // Without one the frames have headers of their own (ADTS).
  if (extradata === null || extradata.byteLength < 2 || extradata.byteLength > LONGEST_CONFIG_BYTES)
    return undefined;
  return { codec, sampleRate, channels, config: new Uint8Array(extradata) };
}
