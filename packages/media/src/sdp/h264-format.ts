import { type RtpFormat, rtpFormats } from './rtp-attributes.ts';
import type { SdpMedia } from './session-description.ts';

/** H.264 profiles by the names that RFC 6184 gives them. */
export type H264Profile =
  | 'constrained-baseline'
  | 'baseline'
  | 'main'
  | 'extended'
  | 'high'
  | 'constrained-high'
  | 'high-10'
  | 'high-4:2:2'
  | 'high-4:4:4';

/** profile_idc, then the constraint flags: a bit that must be 1, must be 0, or may be either (RFC 6184 §8.1, table 5). */
const PROFILES: readonly (readonly [idc: number, flags: string, profile: H264Profile])[] = [
  [0x42, 'x1xx0000', 'constrained-baseline'],
  [0x4d, '1xxx0000', 'constrained-baseline'],
  [0x58, '11xx0000', 'constrained-baseline'],
  [0x42, 'x0xx0000', 'baseline'],
  [0x58, '10xx0000', 'baseline'],
  [0x4d, '0x0x0000', 'main'],
  [0x58, '00xx0000', 'extended'],
  [0x64, '00000000', 'high'],
  [0x64, '00001100', 'constrained-high'],
  [0x6e, '00000000', 'high-10'],
  [0x7a, '00000000', 'high-4:2:2'],
  [0xf4, '00000000', 'high-4:4:4'],
];

/** What a `profile-level-id` without its parameter means: baseline, level 1 (RFC 6184 §8.1). */
const DEFAULT_PROFILE_LEVEL_ID = '42000a';

/**
 * The profile of a `profile-level-id` of six hex digits; undefined when it is none, or none of the table's.
 * @see RFC 6184 §8.1, table 5
 */
export function h264Profile(profileLevelId: string): H264Profile | undefined {
  if (!/^[0-9a-f]{6}$/i.test(profileLevelId)) return undefined;
  const idc = Number.parseInt(profileLevelId.slice(0, 2), 16);
  const flags = Number.parseInt(profileLevelId.slice(2, 4), 16).toString(2).padStart(8, '0');
  return PROFILES.find(([known, pattern]) => known === idc && fits(flags, pattern))?.[2];
}

/** An H.264 format of an offer that we can send to. */
export interface H264Format extends RtpFormat {
  /** As offered; to be answered as it is. */
  readonly profileLevelId: string;
}

/**
 * The format of an offered m-section on which to send a stream of `profileLevelId`: in packetization-mode 1 (FU-A needs
 * it), of the same profile when offered; else constrained baseline, then baseline, then whatever comes first, since
 * browsers decode Main and High sent on those.
 *
 * @returns undefined when the section offers no H.264 in packetization-mode 1.
 * @see RFC 6184 §8.1, §8.2.2
 */
export function chooseH264(
  media: SdpMedia,
  { profileLevelId }: { readonly profileLevelId: string },
): H264Format | undefined {
  const wanted = h264Profile(profileLevelId);
  const rank = (format: H264Format): number => {
    const profile = h264Profile(format.profileLevelId);
    if (profile !== undefined && profile === wanted) return 0;
    if (profile === 'constrained-baseline') return 1;
    return profile === 'baseline' ? 2 : 3;
  };
  const offered = rtpFormats(media)
    .filter(
      ({ codec, clockRate, parameters }) =>
        codec === 'H264' && clockRate === 90_000 && parameters.get('packetization-mode') === '1',
    )
    .map((format) => ({
      ...format,
      profileLevelId: format.parameters.get('profile-level-id')?.toLowerCase() ?? DEFAULT_PROFILE_LEVEL_ID,
    }));
  return offered.toSorted((a, b) => rank(a) - rank(b))[0];
}

const fits = (flags: string, pattern: string): boolean =>
  Array.from(pattern).every((wanted, index) => wanted === 'x' || wanted === flags[index]);
