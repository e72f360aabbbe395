import type { Sps } from './sps.ts';

type ProfileAndLevel = Pick<Sps, 'profileIdc' | 'constraintFlags' | 'levelIdc'>;

/**
 * The stream's real `profile-level-id` for SDP: six lower-case hex digits, e.g. `42c01f`. The two reserved bits are
 * cleared: browsers refuse a value that has them set, and the standard tells decoders to ignore them.
 * @see RFC 6184 §8.1
 */
export function profileLevelId({ profileIdc, constraintFlags, levelIdc }: ProfileAndLevel): string {
  const value = (profileIdc << 16) | ((constraintFlags & 0xfc) << 8) | levelIdc;
  return value.toString(16).padStart(6, '0');
}

/**
 * The stream's real codec string for MSE and WebCodecs, e.g. `avc1.42c01f`.
 * @see RFC 6381 §3.3
 */
export const codecString = (sps: ProfileAndLevel): string => `avc1.${profileLevelId(sps)}`;
