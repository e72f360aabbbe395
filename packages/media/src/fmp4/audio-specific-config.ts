import { AAC_RATES } from './audio-track.ts';

/** What an AudioSpecificConfig tells. */
export interface AudioSpecificConfig {
  /** 2 is AAC-LC; 5 and 29 are AAC-LC with spectral band replication told beside (HE-AAC). */
  readonly objectType: number;
  /** Of the AAC core, before spectral band replication. */
  readonly sampleRate: number;
  /** 0 where a program configuration element inside the stream tells. */
  readonly channels: number;
  /** Samples of the core in one frame: 1024, or 960. */
  readonly samplesPerFrame: number;
}

const ESCAPE_OBJECT_TYPE = 31;
const ESCAPE_RATE = 15;
const WITH_EXTENSION: ReadonlySet<number> = new Set([5, 29]);

/**
 * Reads the head of an AudioSpecificConfig.
 * @returns undefined for what is none, or ends too early
 * @see ISO/IEC 14496-3 §1.6.2.1
 */
export function parseAudioSpecificConfig(bytes: Uint8Array): AudioSpecificConfig | undefined {
  const bits = new Bits(bytes);
  const objectType = readObjectType(bits);
  const sampleRate = readRate(bits);
  const channelConfiguration = bits.take(4);
  if (WITH_EXTENSION.has(objectType)) {
    readRate(bits); // after band replication
    readObjectType(bits);
  }
  const short = bits.take(1);
  if (bits.isOver || sampleRate === undefined || channelConfiguration > 7) return undefined;
  const channels = channelConfiguration === 7 ? 8 : channelConfiguration;
  return { objectType, sampleRate, channels, samplesPerFrame: short === 1 ? 960 : 1024 };
}

function readObjectType(bits: Bits): number {
  const type = bits.take(5);
  return type === ESCAPE_OBJECT_TYPE ? 32 + bits.take(6) : type;
}

function readRate(bits: Bits): number | undefined {
  const index = bits.take(4);
  const rate = index === ESCAPE_RATE ? bits.take(24) : AAC_RATES[index];
  return rate === undefined || rate < 1 ? undefined : rate;
}

/** Reads bits; beyond the end they are 0. */
class Bits {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** More was read than there is. */
  get isOver(): boolean {
    return this.#at > this.#bytes.byteLength * 8;
  }

  take(count: number): number {
    let value = 0;
    for (let i = 0; i < count; i++, this.#at++) {
      value = value * 2 + (((this.#bytes[this.#at >> 3] ?? 0) >> (7 - (this.#at & 7))) & 1);
    }
    return value;
  }
}
