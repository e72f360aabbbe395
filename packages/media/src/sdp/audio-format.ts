import { parseAudioSpecificConfig } from '../fmp4/audio-specific-config.ts';
import { aacLowComplexityConfig } from '../fmp4/audio-track.ts';
import type { AacPacketLayout } from '../rtp/aac-depacketizer.ts';
import { type RtpFormat, rtpFormats } from './rtp-attributes.ts';
import { attributes, type SdpMedia } from './session-description.ts';

/** Sound that can be received by RTP. */
export type AudioFormat = {
  readonly payloadType: number;
  /** Of the RTP clock. */
  readonly ticksPerSecond: number;
  readonly sampleRate: number;
  readonly channels: number;
} & (
  | {
      readonly codec: 'aac';
      /** AudioSpecificConfig. */
      readonly config: Uint8Array;
      readonly layout: AacPacketLayout;
    }
  | { readonly codec: 'opus' }
  /** G.711, and linear samples of 16 bits, big-endian. */
  | { readonly codec: 'pcmu' | 'pcma' | 'l16' }
);

/** Payload types with a fixed meaning, which need no `a=rtpmap`. @see RFC 3551 §6 */
const STATIC: Readonly<Record<string, readonly [codec: string, rate: number, channels: number]>> = {
  0: ['PCMU', 8000, 1],
  8: ['PCMA', 8000, 1],
  10: ['L16', 44_100, 2],
  11: ['L16', 44_100, 1],
};

const MOST_CHANNELS = 8;
const LOWEST_RATE = 4000;
const HIGHEST_RATE = 192_000;

/** AAC-LC, and the same with band replication told beside: what every player has. */
const OBJECT_TYPES: ReadonlySet<number> = new Set([2, 5, 29]);

/** Fields in front of each frame that some mode of RFC 3640 has and AAC-hbr has not. */
const FOREIGN_FIELDS = [
  'ctsdeltalength',
  'dtsdeltalength',
  'randomaccessindication',
  'streamstateindication',
  'auxiliarydatasizelength',
];

/**
 * The first format of an audio section that can be received; undefined where there is none.
 * @see RFC 3640 §4.1 (mpeg4-generic), RFC 7587 §7 (Opus), RFC 3551 §4.5 (PCMU, PCMA, L16)
 */
export function audioFormatOf(media: SdpMedia): AudioFormat | undefined {
  const mapped = rtpFormats(media);
  for (const payload of media.formats) {
    const format = mapped.find(({ payloadType }) => String(payloadType) === payload);
    const found = format === undefined ? staticFormat(payload) : usable(format, channelsOf(media, payload));
    if (found !== undefined) return found;
  }
  return undefined;
}

function staticFormat(payload: string): AudioFormat | undefined {
  const [codec, clockRate, channels] = STATIC[payload] ?? [];
  if (codec === undefined || clockRate === undefined || channels === undefined) return undefined;
  const payloadType = Number(payload);
  return usable({ payloadType, codec, clockRate, parameters: new Map(), feedback: [] }, channels);
}

function usable(format: RtpFormat, channels: number): AudioFormat | undefined {
  const { payloadType, codec, clockRate } = format;
  if (codec === 'OPUS') {
    // Written so always, whatever it was recorded with (RFC 7587 §7).
    return { payloadType, codec: 'opus', ticksPerSecond: 48_000, sampleRate: 48_000, channels: 2 };
  }
  if (!(clockRate >= LOWEST_RATE && clockRate <= HIGHEST_RATE) || channels > MOST_CHANNELS) return undefined;
  const told = { payloadType, ticksPerSecond: clockRate, sampleRate: clockRate, channels };
  switch (codec) {
    case 'PCMU':
      return { ...told, codec: 'pcmu' };
    case 'PCMA':
      return { ...told, codec: 'pcma' };
    case 'L16':
      return { ...told, codec: 'l16' };
    case 'MPEG4-GENERIC':
      return aacFormat(format, told);
    default:
      return undefined;
  }
}

function aacFormat(
  { parameters }: RtpFormat,
  told: Pick<AudioFormat, 'payloadType' | 'ticksPerSecond' | 'sampleRate' | 'channels'>,
): AudioFormat | undefined {
  if (FOREIGN_FIELDS.some((name) => Number(parameters.get(name) ?? 0) !== 0)) return undefined;
  const low = /^aac-lbr$/i.test(parameters.get('mode') ?? '');
  // Cameras leave them out and mean those of the mode.
  const bits = (name: string, usual: number): number => Number(parameters.get(name) ?? usual);
  const sizeLength = bits('sizelength', low ? 6 : 13);
  const indexLength = bits('indexlength', low ? 2 : 3);
  const indexDeltaLength = bits('indexdeltalength', low ? 2 : 3);
  if (!isBits(sizeLength, 1, 16) || !isBits(indexLength, 0, 16) || !isBits(indexDeltaLength, 0, 16)) {
    return undefined;
  }
  const written = fromHex(parameters.get('config') ?? '') ?? aacLowComplexityConfig(told);
  const config = parseAudioSpecificConfig(written);
  if (config === undefined || !OBJECT_TYPES.has(config.objectType)) return undefined;
  const { sampleRate, samplesPerFrame } = config;
  const channels = config.channels > 0 ? config.channels : told.channels;
  // With band replication the RTP clock may be that of the core or of what is heard: a frame lasts as long.
  const ticksPerFrame = Math.round((samplesPerFrame * told.ticksPerSecond) / sampleRate);
  return {
    ...told,
    codec: 'aac',
    sampleRate,
    channels,
    config: written,
    layout: { sizeLength, indexLength, indexDeltaLength, ticksPerFrame },
  };
}

const isBits = (value: number, min: number, max: number): boolean =>
  Number.isInteger(value) && value >= min && value <= max;

function channelsOf(media: SdpMedia, payload: string): number {
  const map = attributes(media, 'rtpmap').find((value) => value.startsWith(`${payload} `));
  const channels = Number(map?.split('/')[2] ?? 1);
  return Number.isInteger(channels) && channels > 0 ? channels : 1;
}

function fromHex(text: string): Uint8Array | undefined {
  if (!/^(?:[0-9a-f]{2}){2,64}$/i.test(text)) return undefined;
  return Uint8Array.from(text.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}
