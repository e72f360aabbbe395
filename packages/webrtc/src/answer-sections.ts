import {
  attribute,
  attributeLine,
  type SdpLine,
  type SdpMedia,
  type SessionDescription,
  serializeCandidate,
} from '@pinhole/media/sdp';
import type { LocalSide, RemoteSide } from './transport-sides.ts';

/** Our end of SCTP: the port that everybody uses. */
export const SCTP_PORT = 5000;

/** No message on a data channel is longer. */
export const MAX_CHANNEL_MESSAGE_BYTES = 262_144;

/**
 * The lines above the sections of an answer.
 * @see RFC 8829 §5.3.1 (initial answers), RFC 9143 §7.3 (BUNDLE)
 */
export function answerHead(
  offer: SessionDescription,
  {
    mids,
    sessionId,
    version = 1,
  }: {
    readonly mids: readonly string[];
    readonly sessionId: number;
    /** Counts the answers of a session (RFC 8829 §5.3.2). */
    readonly version?: number;
  },
): SdpLine[] {
  const bundles = attribute(offer, 'group')?.startsWith('BUNDLE') === true;
  return [
    { type: 'v', value: '0' },
    { type: 'o', value: `- ${sessionId} ${version} IN IP4 127.0.0.1` },
    { type: 's', value: '-' },
    { type: 't', value: '0 0' },
    ...(bundles ? [attributeLine('group', `BUNDLE ${mids.join(' ')}`)] : []),
    ...(attribute(offer, 'extmap-allow-mixed') === undefined ? [] : [attributeLine('extmap-allow-mixed')]),
    attributeLine('msid-semantic', ' WMS pinhole'),
  ];
}

/**
 * The lines of a section that tell how we are reached; candidates stand in the first section of a bundle.
 * @see RFC 8445 §8 (end of candidates)
 */
export function transportLines(
  mid: string,
  { ice, fingerprint, candidates, setup = 'active' }: LocalSide,
): SdpLine[] {
  return [
    { type: 'c', value: 'IN IP4 0.0.0.0' },
    attributeLine('mid', mid),
    attributeLine('ice-ufrag', ice.ufrag),
    attributeLine('ice-pwd', ice.password),
    attributeLine('fingerprint', `${fingerprint.algorithm} ${fingerprint.value}`),
    attributeLine('setup', setup),
    ...candidates.map((candidate) => attributeLine('candidate', serializeCandidate(candidate))),
    ...(candidates.length > 0 ? [attributeLine('end-of-candidates')] : []),
  ];
}

/**
 * Our end as the answer to a peer's offer tells it: we open DTLS wherever the peer lets us.
 * @see RFC 8842 §5.3 (an offer of `active` is answered `passive`)
 */
export const answeringSide = (local: LocalSide, { dtlsRole }: Pick<RemoteSide, 'dtlsRole'>): LocalSide => ({
  ...local,
  setup: dtlsRole === 'client' ? 'passive' : 'active',
});

/** The answer to an offered section of data channels. */
export function channelSection(media: SdpMedia, mid: string, local: LocalSide): SdpMedia {
  return {
    kind: media.kind,
    port: 9,
    protocol: media.protocol,
    formats: media.formats,
    lines: [
      ...transportLines(mid, local),
      attributeLine('sctp-port', String(SCTP_PORT)),
      attributeLine('max-message-size', String(MAX_CHANNEL_MESSAGE_BYTES)),
    ],
  };
}

/** The answer to an offered section that we have no use for. */
export const refusedSection = (media: SdpMedia): SdpMedia => {
  const mid = attribute(media, 'mid');
  return {
    ...media,
    port: 0,
    lines: [
      { type: 'c', value: 'IN IP4 0.0.0.0' },
      ...(mid === undefined ? [] : [attributeLine('mid', mid)]),
      attributeLine('inactive'),
    ],
  };
};
