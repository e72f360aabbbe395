import { RTP_EXTENSION_URI } from '@pinhole/media/rtp';
import type { ExtensionMapping } from '@pinhole/media/sdp';
import type { ExtensionIds } from './negotiated-session.ts';

const OURS = Object.entries(RTP_EXTENSION_URI).filter(([name]) => name !== 'absSendTime') as [
  keyof ExtensionIds,
  string,
][];

/** Those of the header extensions that we write. */
export const ourExtensions = (offered: readonly ExtensionMapping[]): readonly ExtensionMapping[] =>
  offered.filter(({ uri }) => OURS.some(([, ours]) => ours === uri));

/** By what ids they are written. */
export function extensionIdsOf(extensions: readonly ExtensionMapping[]): ExtensionIds {
  const ids: { -readonly [Name in keyof ExtensionIds]: ExtensionIds[Name] } = {};
  for (const [name, uri] of OURS) {
    // One-byte form only: what a viewer gave a larger id is left out rather than enlarging every header.
    const mapping = extensions.find((one) => one.uri === uri && one.id <= 14);
    if (mapping) ids[name] = mapping.id;
  }
  return ids;
}
