import { attribute, attributeLine, type SdpLine, type SdpMedia, serializeSdp } from '@pinhole/media/sdp';
import { answerHead, channelSection, type LocalSide, refusedSection, transportLines } from '@pinhole/webrtc';
import type { SentTracks } from './negotiated-session.ts';
import type { OfferedAudio } from './offered-audio.ts';
import type { OfferedVideo } from './offered-video.ts';
import { rtxLines, trackLines, videoTrackLines } from './track-lines.ts';
import type { ViewerOffer } from './viewer-offer.ts';

/** Our side of the connection, for the answer. */
export interface AnsweringSide {
  readonly local: LocalSide;
  readonly tracks: SentTracks;
  /** Names the session in `o=`. */
  readonly sessionId: number;
  /** Counts its answers, from 1. */
  readonly version: number;
}

/** Feedback that something here answers, in the words of `a=rtcp-fb`. */
const FEEDBACK = ['nack', 'nack pli', 'ccm fir', 'transport-cc', 'goog-remb'];

/** A lost packet may be mended by the next one (RFC 7587 §7). */
const OPUS_PARAMETERS = 'minptime=10;useinbandfec=1';

/**
 * The answer to an offer: one H.264 format, Opus, data channels as far as they are offered; all candidates, everything
 * else that was offered refused.
 * @see RFC 8829 §5.3 (answers), RFC 9143 §7.3 (BUNDLE), RFC 8445 §8 (end of candidates)
 */
export function buildAnswer(offer: ViewerOffer, side: AnsweringSide): string {
  const { description, video, audio, channels } = offer;
  const { local, sessionId, version } = side;
  const answered = [video, audio, channels].filter((section) => section !== undefined);
  const mids = answered.toSorted((one, other) => one.index - other.index).map(({ mid }) => mid);
  const media = description.media.map((section, index) => {
    // In a bundle the candidates stand in its first section.
    const own = attribute(section, 'mid') === mids[0] ? local : { ...local, candidates: [] };
    if (index === video?.index) return videoSection(video, { ...side, local: own });
    if (index === audio?.index) return audioSection(audio, { ...side, local: own });
    if (index === channels?.index) return channelSection(section, channels.mid, own);
    return refusedSection(section);
  });
  return serializeSdp({ lines: answerHead(description, { mids, sessionId, version }), media });
}

function videoSection(video: OfferedVideo, { local, tracks }: AnsweringSide): SdpMedia {
  const { media, mid, format, rtxPayloadType: rtx, extensions } = video;
  const type = format.payloadType;
  const feedback = FEEDBACK.filter((kind) => format.feedback.includes(kind));
  return {
    kind: media.kind,
    port: 9,
    protocol: media.protocol,
    formats: [type, ...(rtx === undefined ? [] : [rtx])].map(String),
    lines: [
      ...transportLines(mid, local),
      ...rtpLines(media, video.sends ? 'sendonly' : 'inactive'),
      ...extensions.map(({ id, uri }) => attributeLine('extmap', `${id} ${uri}`)),
      attributeLine('rtpmap', `${type} H264/90000`),
      ...feedback.map((kind) => attributeLine('rtcp-fb', `${type} ${kind}`)),
      // The profile as offered: browsers accept no other, and what the stream really has is in its SPS.
      attributeLine(
        'fmtp',
        `${type} level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=${format.profileLevelId}`,
      ),
      ...(rtx === undefined ? [] : rtxLines(rtx, type)),
      ...(video.sends ? videoTrackLines(tracks, rtx === undefined ? 'as sent' : 'rtx') : []),
    ],
  };
}

function audioSection(audio: OfferedAudio, { local, tracks }: AnsweringSide): SdpMedia {
  const { media, mid, payloadType: type, extensions, sends, receives } = audio;
  const direction = sends ? (receives ? 'sendrecv' : 'sendonly') : receives ? 'recvonly' : 'inactive';
  return {
    kind: media.kind,
    port: 9,
    protocol: media.protocol,
    formats: [String(type)],
    lines: [
      ...transportLines(mid, local),
      ...rtpLines(media, direction),
      ...extensions.map(({ id, uri }) => attributeLine('extmap', `${id} ${uri}`)),
      attributeLine('rtpmap', `${type} opus/48000/2`),
      attributeLine('fmtp', `${type} ${OPUS_PARAMETERS}`),
      ...(sends ? trackLines(tracks, { ssrc: tracks.audioSsrc, track: tracks.msid.audio }) : []),
    ],
  };
}

const rtpLines = (media: SdpMedia, direction: string): SdpLine[] => [
  attributeLine('rtcp', '9 IN IP4 0.0.0.0'),
  attributeLine(direction),
  attributeLine('rtcp-mux'),
  ...(attribute(media, 'rtcp-rsize') === undefined ? [] : [attributeLine('rtcp-rsize')]),
];
