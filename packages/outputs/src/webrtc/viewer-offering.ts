import type { StreamParameters } from '@pinhole/engine';
import { RTP_EXTENSION_URI } from '@pinhole/media/rtp';
import { attributeLine, h264Profile, type SdpLine, type SdpMedia, serializeSdp } from '@pinhole/media/sdp';
import { type LocalSide, MAX_CHANNEL_MESSAGE_BYTES, SCTP_PORT, transportLines } from '@pinhole/webrtc';
import type { ExtensionIds, SentTracks } from './negotiated-session.ts';

/** What an offer of ours is made of. */
export interface OfferingSide {
  readonly local: LocalSide;
  readonly tracks: SentTracks;
  /** Names the session in `o=`. */
  readonly sessionId: number;
  readonly parameters: Pick<StreamParameters, 'profileLevelId'>;
  /** Whether there is a section of data channels. */
  readonly channels: 'none' | 'some';
}

/** The names of the sections of our offers. */
export const OFFERED_MID = { video: '0', channels: '2' } as const;

/** Constrained baseline at level 3.1: what every browser takes, and on which it decodes Main and High too. */
const COMMON_FORMAT = { payloadType: 97, profileLevelId: '42e01f' } as const;
const TRUE_PAYLOAD_TYPE = 96;

/** Ids of the header extensions that we write, in offers of ours. */
export const OFFERED_EXTENSIONS: Required<ExtensionIds> = {
  mid: 1,
  transportSequence: 2,
  playoutDelay: 3,
  absCaptureTime: 4,
};

const FEEDBACK = ['nack', 'nack pli', 'ccm fir', 'transport-cc', 'goog-remb'];

/** The H.264 formats of an offer: the camera's true profile first, then the one that every browser takes. */
export function offeredFormats({ profileLevelId }: Pick<StreamParameters, 'profileLevelId'>): readonly {
  readonly payloadType: number;
  readonly profileLevelId: string;
}[] {
  const own = { payloadType: TRUE_PAYLOAD_TYPE, profileLevelId };
  return h264Profile(profileLevelId) === 'constrained-baseline' ? [own] : [own, COMMON_FORMAT];
}

/**
 * An offer of ours: the picture in H.264, `sendonly`, with all candidates. We ask to open DTLS ourselves (`active`): that
 * saves a round trip, and no handshake of a stranger is ever answered.
 * @see RFC 8829 §5.2.1 (offers), RFC 8842 §5.2 (setup), RFC 6184 §8.2.2 (formats)
 */
export function buildOffer(side: OfferingSide): string {
  const media = [videoSection(side), ...(side.channels === 'some' ? [channelSection(side.local)] : [])];
  const mids = [OFFERED_MID.video, ...(side.channels === 'some' ? [OFFERED_MID.channels] : [])];
  return serializeSdp({ lines: head(side, mids), media });
}

const head = ({ sessionId, tracks }: OfferingSide, mids: readonly string[]): SdpLine[] => [
  { type: 'v', value: '0' },
  { type: 'o', value: `- ${sessionId} 1 IN IP4 127.0.0.1` },
  { type: 's', value: '-' },
  { type: 't', value: '0 0' },
  attributeLine('group', `BUNDLE ${mids.join(' ')}`),
  attributeLine('extmap-allow-mixed'),
  attributeLine('msid-semantic', ` WMS ${tracks.msid.stream}`),
];

function videoSection({ local, tracks, parameters }: OfferingSide): SdpMedia {
  const { videoSsrc: ssrc, cname, msid } = tracks;
  const formats = offeredFormats(parameters);
  return {
    kind: 'video',
    port: 9,
    protocol: 'UDP/TLS/RTP/SAVPF',
    formats: formats.map(({ payloadType }) => String(payloadType)),
    lines: [
      ...transportLines(OFFERED_MID.video, local),
      attributeLine('rtcp', '9 IN IP4 0.0.0.0'),
      attributeLine('sendonly'),
      attributeLine('rtcp-mux'),
      attributeLine('rtcp-rsize'),
      ...Object.entries(OFFERED_EXTENSIONS).map(([name, id]) =>
        attributeLine('extmap', `${String(id)} ${RTP_EXTENSION_URI[name as keyof ExtensionIds]}`),
      ),
      ...formats.flatMap(({ payloadType, profileLevelId }) => [
        attributeLine('rtpmap', `${payloadType} H264/90000`),
        ...FEEDBACK.map((kind) => attributeLine('rtcp-fb', `${payloadType} ${kind}`)),
        attributeLine(
          'fmtp',
          `${payloadType} level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=${profileLevelId}`,
        ),
      ]),
      attributeLine('msid', `${msid.stream} ${msid.video}`),
      attributeLine('ssrc', `${ssrc} cname:${cname}`),
      attributeLine('ssrc', `${ssrc} msid:${msid.stream} ${msid.video}`),
    ],
  };
}

const channelSection = (local: LocalSide): SdpMedia => ({
  kind: 'application',
  port: 9,
  protocol: 'UDP/DTLS/SCTP',
  formats: ['webrtc-datachannel'],
  lines: [
    ...transportLines(OFFERED_MID.channels, { ...local, candidates: [] }),
    attributeLine('sctp-port', String(SCTP_PORT)),
    attributeLine('max-message-size', String(MAX_CHANNEL_MESSAGE_BYTES)),
  ],
});
