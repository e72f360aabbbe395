import { type Micros, micros } from '@pinhole/core';
import type { AudioParameters, RawAudioParameters } from '@pinhole/engine';
import { AacDepacketizer, type RtpPacket } from '@pinhole/media/rtp';
import type { AudioFormat } from '@pinhole/media/sdp';
import { opusDuration } from './opus-duration.ts';

/** One frame of sound out of a packet. */
export interface ReceivedSound {
  readonly data: Uint8Array;
  /** Of its first sample. */
  readonly timestamp: number;
  readonly duration: Micros;
}

/** Takes the packets of one codec apart. */
export interface SoundDepacketizer {
  readonly ticksPerSecond: number;
  readonly parameters: AudioParameters | RawAudioParameters;
  /** Packets that could not be read, and frames that lack a part. */
  readonly malformed: number;
  /** Never throws. */
  push(packet: RtpPacket): readonly ReceivedSound[];
}

/** Longer packets are no sound of a camera: two seconds of the largest G.711. */
const MAX_PACKET_BYTES = 16_384;
const MAX_OPUS_BYTES = 4000;

/** The one for a format that a camera describes. */
export function soundDepacketizerFor(format: AudioFormat): SoundDepacketizer {
  switch (format.codec) {
    case 'opus':
      return new OpusPackets();
    case 'aac':
      return new AacPackets(format);
    case 'pcmu':
    case 'pcma':
    case 'l16':
      return new RawPackets({ ...format, codec: format.codec });
  }
}

/** @see RFC 7587 */
export class OpusPackets implements SoundDepacketizer {
  /** The RTP clock of Opus, whatever it was recorded with (RFC 7587 §4.1). */
  readonly ticksPerSecond = 48_000;
  /** As it stands in SDP, always (RFC 7587 §7); each packet tells by itself whether it is mono. */
  readonly parameters: AudioParameters = { codec: 'opus', sampleRate: 48_000, channels: 2 };
  #malformed = 0;

  get malformed(): number {
    return this.#malformed;
  }

  push({ payload, timestamp }: RtpPacket): readonly ReceivedSound[] {
    const duration = payload.byteLength <= MAX_OPUS_BYTES ? opusDuration(payload) : undefined;
    if (duration !== undefined) return [{ data: payload, timestamp, duration }];
    this.#malformed++;
    return [];
  }
}

class AacPackets implements SoundDepacketizer {
  readonly ticksPerSecond: number;
  readonly parameters: AudioParameters;
  readonly #depacketizer: AacDepacketizer;
  readonly #duration: Micros;

  constructor({
    ticksPerSecond,
    sampleRate,
    channels,
    config,
    layout,
  }: Extract<AudioFormat, { codec: 'aac' }>) {
    this.ticksPerSecond = ticksPerSecond;
    this.parameters = { codec: 'aac', sampleRate, channels, config };
    this.#depacketizer = new AacDepacketizer(layout);
    this.#duration = micros(Math.round((layout.ticksPerFrame / ticksPerSecond) * 1e6));
  }

  get malformed(): number {
    const { packetsMalformed, droppedIncomplete } = this.#depacketizer.counters;
    return packetsMalformed + droppedIncomplete;
  }

  push(packet: RtpPacket): readonly ReceivedSound[] {
    return this.#depacketizer.push(packet).map((frame) => ({ ...frame, duration: this.#duration }));
  }
}

/** @see RFC 3551 §4.5.11 (L16), §4.5.14 (PCMA, PCMU) */
class RawPackets implements SoundDepacketizer {
  readonly ticksPerSecond: number;
  readonly parameters: RawAudioParameters;
  readonly #bytesPerTick: number;
  #malformed = 0;

  constructor({ codec, sampleRate, channels }: RawAudioParameters) {
    this.ticksPerSecond = sampleRate;
    this.parameters = { codec, sampleRate, channels };
    this.#bytesPerTick = channels * (codec === 'l16' ? 2 : 1);
  }

  get malformed(): number {
    return this.#malformed;
  }

  push({ payload, timestamp }: RtpPacket): readonly ReceivedSound[] {
    const ticks = payload.byteLength / this.#bytesPerTick;
    if (!Number.isInteger(ticks) || payload.byteLength > MAX_PACKET_BYTES) {
      this.#malformed++;
      return [];
    }
    const duration = micros(Math.round((ticks / this.ticksPerSecond) * 1e6));
    return [{ data: payload, timestamp, duration }];
  }
}
