import type { StreamParameters } from '@pinhole/engine';
import { RTP_EXTENSION_URI } from '@pinhole/media/rtp';
import { attributeLine, h264Profile, type SdpLine, type SdpMedia, serializeSdp } from '@pinhole/media/sdp';
import { type LocalSide, MAX_CHANNEL_MESSAGE_BYTES, SCTP_PORT, transportLines } from '@pinhole/webrtc';
import type { ExtensionIds, SentTracks } from './negotiated-session.ts';
import { rtxLines, trackLines, videoTrackLines } from './track-lines.ts';

/** What an offer of ours is made of. */
export interface OfferingSide {
  readonly local: LocalSide;
  readonly tracks: SentTracks;
  /** Names the session in `o=`. */
  readonly sessionId: number;
  readonly parameters: Pick<StreamParameters, 'profileLevelId'>;
  /** Whether there is a section of data channels. */
  readonly channels: 'none' | 'some';
  /** Which way sound goes; there is no section of it when left out, or where it goes neither way. */
  readonly sound?: OfferedSound;
  /** Whether the viewer is to turn the picture. */
  readonly turned?: 'as it is' | 'turned';
}

/** Which way the sound of an offer goes. */
export interface OfferedSound {
  /** We send the stream's. */
  readonly sends: boolean;
  /** What the viewer says is taken. */
  readonly receives: boolean;
}

/** The names of the sections of our offers. */
export const OFFERED_MID = { video: '0', audio: '1', channels: '2' } as const;

/** How Opus stands in our offers. */
export const OPUS_PAYLOAD_TYPE = 111;

/** What the ids of our offers stand for. @see 3GPP TS 26.114 §7.4.5 (orientation) */
export const OFFERED_URI: Readonly<Record<keyof ExtensionIds, string>> = {
  mid: RTP_EXTENSION_URI.mid,
  transportSequence: RTP_EXTENSION_URI.transportSequence,
  playoutDelay: RTP_EXTENSION_URI.playoutDelay,
  absCaptureTime: RTP_EXTENSION_URI.absCaptureTime,
  videoOrientation: 'urn:3gpp:video-orientation',
};

/** Constrained baseline at level 3.1: what every browser takes, and on which it decodes Main and High too. */
const COMMON_FORMAT = { payloadType: 97, rtxPayloadType: 99, profileLevelId: '42e01f' } as const;
const TRUE_PAYLOAD_TYPES = { payloadType: 96, rtxPayloadType: 98 } as const;

/** Ids of the header extensions that we write, in offers of ours. */
export const OFFERED_EXTENSIONS: Required<ExtensionIds> = {
  mid: 1,
  transportSequence: 2,
  playoutDelay: 3,
  absCaptureTime: 4,
  videoOrientation: 5,
};

/** Those that packets of sound have. */
const SOUND_EXTENSIONS = ['mid', 'absCaptureTime'] as const;

/** A lost packet may be mended by the next one (RFC 7587 §7). */
const OPUS_PARAMETERS = 'minptime=10;useinbandfec=1';

const FEEDBACK = ['nack', 'nack pli', 'ccm fir', 'transport-cc', 'goog-remb'];

/** The H.264 formats of an offer: the camera's true profile first, then the one that every browser takes. */
export function offeredFormats({ profileLevelId }: Pick<StreamParameters, 'profileLevelId'>): readonly {
  readonly payloadType: number;
  /** By which its lost packets come again. */
  readonly rtxPayloadType: number;
  readonly profileLevelId: string;
}[] {
  const own = { ...TRUE_PAYLOAD_TYPES, profileLevelId };
  return h264Profile(profileLevelId) === 'constrained-baseline' ? [own] : [own, COMMON_FORMAT];
}

/**
 * An offer of ours: the picture in H.264, `sendonly`, with all candidates. We ask to open DTLS ourselves (`active`), which
 * saves a round trip; a viewer whose answer wants that too may.
 * @see RFC 8829 §5.2.1 (offers), RFC 8842 §5.2 (setup), RFC 6184 §8.2.2 (formats)
 */
export function buildOffer(side: OfferingSide): string {
  const { sound, channels, local } = side;
  const heard = sound && (sound.sends || sound.receives) ? sound : undefined;
  const media = [
    videoSection(side),
    ...(heard ? [audioSection(side, heard)] : []),
    ...(channels === 'some' ? [channelSection(local)] : []),
  ];
  const mids = [
    OFFERED_MID.video,
    ...(heard ? [OFFERED_MID.audio] : []),
    ...(channels === 'some' ? [OFFERED_MID.channels] : []),
  ];
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

function videoSection({ local, tracks, parameters, turned }: OfferingSide): SdpMedia {
  const formats = offeredFormats(parameters);
  return {
    kind: 'video',
    port: 9,
    protocol: 'UDP/TLS/RTP/SAVPF',
    formats: formats.flatMap(({ payloadType, rtxPayloadType }) => [payloadType, rtxPayloadType]).map(String),
    lines: [
      ...transportLines(OFFERED_MID.video, local),
      attributeLine('rtcp', '9 IN IP4 0.0.0.0'),
      attributeLine('sendonly'),
      attributeLine('rtcp-mux'),
      attributeLine('rtcp-rsize'),
      ...EXTENSIONS.filter((name) => name !== 'videoOrientation' || turned === 'turned').map(extensionLine),
      ...formats.flatMap(({ payloadType, rtxPayloadType, profileLevelId }) => [
        attributeLine('rtpmap', `${payloadType} H264/90000`),
        ...FEEDBACK.map((kind) => attributeLine('rtcp-fb', `${payloadType} ${kind}`)),
        attributeLine(
          'fmtp',
          `${payloadType} level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=${profileLevelId}`,
        ),
        ...rtxLines(rtxPayloadType, payloadType),
      ]),
      ...videoTrackLines(tracks, 'rtx'),
    ],
  };
}

function audioSection({ local, tracks }: OfferingSide, { sends, receives }: OfferedSound): SdpMedia {
  const type = OPUS_PAYLOAD_TYPE;
  return {
    kind: 'audio',
    port: 9,
    protocol: 'UDP/TLS/RTP/SAVPF',
    formats: [String(type)],
    lines: [
      ...transportLines(OFFERED_MID.audio, { ...local, candidates: [] }),
      attributeLine('rtcp', '9 IN IP4 0.0.0.0'),
      attributeLine(sends ? (receives ? 'sendrecv' : 'sendonly') : 'recvonly'),
      attributeLine('rtcp-mux'),
      attributeLine('rtcp-rsize'),
      ...SOUND_EXTENSIONS.map(extensionLine),
      attributeLine('rtpmap', `${type} opus/48000/2`),
      attributeLine('fmtp', `${type} ${OPUS_PARAMETERS}`),
      ...(sends ? trackLines(tracks, { ssrc: tracks.audioSsrc, track: tracks.msid.audio }) : []),
    ],
  };
}

const EXTENSIONS = Object.keys(OFFERED_EXTENSIONS) as readonly (keyof ExtensionIds)[];

const extensionLine = (name: keyof ExtensionIds): SdpLine =>
  attributeLine('extmap', `${OFFERED_EXTENSIONS[name]} ${OFFERED_URI[name]}`);

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
