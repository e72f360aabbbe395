import type { StreamParameters } from '@pinhole/engine';
import { type H264Profile, h264Profile } from '@pinhole/media/sdp';

/** What browsers decode on any H.264 format that they agree on. */
const COMMON: ReadonlySet<H264Profile> = new Set([
  'constrained-baseline',
  'baseline',
  'main',
  'high',
  'constrained-high',
]);

/** Level 3.1, which every format of a browser has at least. */
const COMMON_LEVEL = 0x1f;

const levelOf = (profileLevelId: string): number => Number.parseInt(profileLevelId.slice(4), 16);

/**
 * Whether a viewer that decodes one stream can be sent the other in its place, on the format that was agreed on for the
 * first.
 * @see RFC 6184 §8.1 (profile-level-id)
 */
export function canFollow(
  main: Pick<StreamParameters, 'profileLevelId'>,
  sub: Pick<StreamParameters, 'profileLevelId' | 'bFrames'>,
): boolean {
  if (sub.bFrames) return false;
  const profile = h264Profile(sub.profileLevelId);
  const known =
    profile !== undefined && (COMMON.has(profile) || profile === h264Profile(main.profileLevelId));
  return known && levelOf(sub.profileLevelId) <= Math.max(COMMON_LEVEL, levelOf(main.profileLevelId));
}
