import { attribute, attributeLine, type SdpMedia, serializeSdp } from '@pinhole/media/sdp';
import { answerHead, channelSection, type LocalSide, refusedSection, transportLines } from '@pinhole/webrtc';
import type { SentTracks } from './negotiated-session.ts';
import type { ViewerOffer } from './viewer-offer.ts';

/** Our side of the connection, for the answer. */
export interface AnsweringSide {
  readonly local: LocalSide;
  readonly tracks: SentTracks;
  /** Names the session in `o=`. */
  readonly sessionId: number;
}

/** Feedback that something here answers, in the words of `a=rtcp-fb`. */
const FEEDBACK = ['nack', 'nack pli', 'ccm fir', 'transport-cc', 'goog-remb'];

/**
 * The answer to an offer: one H.264 format, `sendonly`, all candidates, everything else that was offered refused.
 * @see RFC 8829 §5.3 (answers), RFC 9143 §7.3 (BUNDLE), RFC 8445 §8 (end of candidates)
 */
export function buildAnswer(offer: ViewerOffer, side: AnsweringSide): string {
  const { description, video, channels } = offer;
  const mids = [video.mid, ...(channels ? [channels.mid] : [])];
  const lines = answerHead(description, { mids, sessionId: side.sessionId });
  const media = description.media.map((section, index) => {
    if (index === video.index) return videoSection(offer, side);
    if (index === channels?.index) return channelSection(section, channels.mid, side.local);
    return refusedSection(section);
  });
  return serializeSdp({ lines, media });
}

function videoSection(offer: ViewerOffer, { local, tracks }: AnsweringSide): SdpMedia {
  const { media, mid, format, extensions } = offer.video;
  const { videoSsrc: ssrc, cname, msid } = tracks;
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
      attributeLine('msid', `${msid.stream} ${msid.video}`),
      attributeLine('ssrc', `${ssrc} cname:${cname}`),
      attributeLine('ssrc', `${ssrc} msid:${msid.stream} ${msid.video}`),
    ],
  };
}
