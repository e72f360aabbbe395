import {
  attribute,
  attributeLine,
  type IceCandidate,
  type SdpLine,
  type SdpMedia,
  serializeCandidate,
  serializeSdp,
} from '@pinhole/media/sdp';
import type { ViewerOffer } from './viewer-offer.ts';

/** Our side of the connection, for the answer. */
export interface LocalSide {
  readonly ice: { readonly ufrag: string; readonly password: string };
  readonly fingerprint: { readonly algorithm: string; readonly value: string };
  /** All there will be. */
  readonly candidates: readonly IceCandidate[];
  readonly ssrc: number;
  readonly cname: string;
}

/** Feedback that something here answers, in the words of `a=rtcp-fb`. */
const FEEDBACK = ['nack', 'nack pli', 'ccm fir', 'transport-cc', 'goog-remb'];

/** Our end of SCTP: the port that everybody uses. */
export const SCTP_PORT = 5000;

/** No message on a data channel is longer. */
export const MAX_CHANNEL_MESSAGE_BYTES = 65_536;

/**
 * The answer to an offer: one H.264 format, `sendonly`, all candidates, everything else that was offered refused.
 * @see RFC 8829 §5.3 (answers), RFC 9143 §7.3 (BUNDLE), RFC 8445 §8 (end of candidates)
 */
export function buildAnswer(offer: ViewerOffer, local: LocalSide): string {
  const { description, video, channels } = offer;
  const mids = [video.mid, ...(channels ? [channels.mid] : [])];
  const bundles = attribute(description, 'group')?.startsWith('BUNDLE') === true;
  const lines: SdpLine[] = [
    { type: 'v', value: '0' },
    { type: 'o', value: `- ${local.ssrc} 1 IN IP4 127.0.0.1` },
    { type: 's', value: '-' },
    { type: 't', value: '0 0' },
    ...(bundles ? [attributeLine('group', `BUNDLE ${mids.join(' ')}`)] : []),
    ...(attribute(description, 'extmap-allow-mixed') === undefined
      ? []
      : [attributeLine('extmap-allow-mixed')]),
    attributeLine('msid-semantic', ' WMS pinhole'),
  ];
  const media = description.media.map((section, index) => {
    if (index === video.index) return videoSection(offer, local);
    if (index === channels?.index) return channelSection(section, channels, local);
    return refused(section);
  });
  return serializeSdp({ lines, media });
}

function videoSection(offer: ViewerOffer, local: LocalSide): SdpMedia {
  const { format, video, extensions } = offer;
  const { media, mid } = video;
  const type = format.payloadType;
  const feedback = FEEDBACK.filter((kind) => format.feedback.includes(kind));
  return {
    kind: media.kind,
    port: 9,
    protocol: media.protocol,
    formats: [String(type)],
    lines: [
      ...transportLines(mid, local),
      attributeLine('rtcp', '9 IN IP4 0.0.0.0'),
      attributeLine('sendonly'),
      attributeLine('rtcp-mux'),
      ...(attribute(media, 'rtcp-rsize') === undefined ? [] : [attributeLine('rtcp-rsize')]),
      ...extensions.map(({ id, uri }) => attributeLine('extmap', `${id} ${uri}`)),
      attributeLine('rtpmap', `${type} H264/90000`),
      ...feedback.map((kind) => attributeLine('rtcp-fb', `${type} ${kind}`)),
      // The profile as offered: browsers accept no other, and what the stream really has is in its SPS.
      attributeLine(
        'fmtp',
        `${type} level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=${format.profileLevelId}`,
      ),
      attributeLine('msid', 'pinhole video'),
      attributeLine('ssrc', `${local.ssrc} cname:${local.cname}`),
      attributeLine('ssrc', `${local.ssrc} msid:pinhole video`),
    ],
  };
}

function channelSection(
  media: SdpMedia,
  { mid }: NonNullable<ViewerOffer['channels']>,
  local: LocalSide,
): SdpMedia {
  return {
    kind: media.kind,
    port: 9,
    protocol: media.protocol,
    formats: media.formats,
    lines: [
      ...transportLines(mid, { ...local, candidates: [] }),
      attributeLine('sctp-port', String(SCTP_PORT)),
      attributeLine('max-message-size', String(MAX_CHANNEL_MESSAGE_BYTES)),
    ],
  };
}

function transportLines(mid: string, { ice, fingerprint, candidates }: LocalSide): SdpLine[] {
  return [
    { type: 'c', value: 'IN IP4 0.0.0.0' },
    attributeLine('mid', mid),
    attributeLine('ice-ufrag', ice.ufrag),
    attributeLine('ice-pwd', ice.password),
    attributeLine('fingerprint', `${fingerprint.algorithm} ${fingerprint.value}`),
    attributeLine('setup', 'active'),
    ...candidates.map((candidate) => attributeLine('candidate', serializeCandidate(candidate))),
    ...(candidates.length > 0 ? [attributeLine('end-of-candidates')] : []),
  ];
}

const refused = (media: SdpMedia): SdpMedia => {
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
