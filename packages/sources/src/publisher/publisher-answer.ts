import { attribute, attributeLine, type RtpFormat, type SdpMedia, serializeSdp } from '@pinhole/media/sdp';
import { answerHead, type LocalSide, refusedSection, transportLines } from '@pinhole/webrtc';
import type { PublisherOffer } from './publisher-offer.ts';

/** Feedback that we give, in the words of `a=rtcp-fb`. */
const FEEDBACK = ['nack', 'nack pli', 'ccm fir', 'transport-cc'];

/** Parameters of `a=fmtp` that mean the same in an answer, in this order. */
const ECHOED = ['level-asymmetry-allowed', 'packetization-mode', 'profile-level-id'];

/** A lost packet may be mended by the next one (RFC 7587 §7). */
const OPUS_PARAMETERS = 'minptime=10;useinbandfec=1';

/**
 * The answer to a publisher's offer: one H.264 format and Opus, `recvonly`, all candidates, everything else refused.
 * @see RFC 9725 §4.4, RFC 8829 §5.3, RFC 6184 §8.2.2
 */
export function buildPublisherAnswer(
  offer: PublisherOffer,
  options: { readonly local: LocalSide; readonly sessionId: number },
): string {
  const { description, video, audio } = offer;
  const { local, sessionId } = options;
  const mids = description.media.flatMap((_, index) =>
    index === video.index ? [video.mid] : index === audio?.index ? [audio.mid] : [],
  );
  const media = description.media.map((section, index) => {
    // In a bundle the candidates stand in its first section.
    const side = mids[0] === attribute(section, 'mid') ? local : { ...local, candidates: [] };
    if (index === video.index) return videoSection(offer, side);
    if (index === audio?.index) return audioSection(section, audio, side);
    return refusedSection(section);
  });
  return serializeSdp({ lines: answerHead(description, { mids, sessionId }), media });
}

function videoSection(offer: PublisherOffer, local: LocalSide): SdpMedia {
  const { format, video, extensions, retransmissionType: again } = offer;
  const { media, mid } = video;
  const type = format.payloadType;
  return {
    kind: media.kind,
    port: 9,
    protocol: media.protocol,
    formats: [type, ...(again === undefined ? [] : [again])].map(String),
    lines: [
      ...transportLines(mid, local),
      ...receivingLines(media),
      ...extensions.map(({ id, uri }) => attributeLine('extmap', `${id} ${uri}`)),
      attributeLine('rtpmap', `${type} H264/90000`),
      ...FEEDBACK.filter((kind) => format.feedback.includes(kind)).map((kind) =>
        attributeLine('rtcp-fb', `${type} ${kind}`),
      ),
      ...fmtpLines(format),
      ...(again === undefined
        ? []
        : [attributeLine('rtpmap', `${again} rtx/90000`), attributeLine('fmtp', `${again} apt=${type}`)]),
    ],
  };
}

function audioSection(
  media: SdpMedia,
  { mid, payloadType }: NonNullable<PublisherOffer['audio']>,
  local: LocalSide,
): SdpMedia {
  return {
    kind: media.kind,
    port: 9,
    protocol: media.protocol,
    formats: [String(payloadType)],
    lines: [
      ...transportLines(mid, local),
      ...receivingLines(media),
      attributeLine('rtpmap', `${payloadType} opus/48000/2`),
      attributeLine('fmtp', `${payloadType} ${OPUS_PARAMETERS}`),
    ],
  };
}

const receivingLines = (media: SdpMedia) => [
  attributeLine('rtcp', '9 IN IP4 0.0.0.0'),
  attributeLine('recvonly'),
  attributeLine('rtcp-mux'),
  ...(attribute(media, 'rtcp-rsize') === undefined ? [] : [attributeLine('rtcp-rsize')]),
];

/** The format as offered: an answer of another profile would be refused, and any level is received. */
function fmtpLines({ payloadType, parameters }: RtpFormat) {
  const echoed = ECHOED.flatMap((name) => {
    const value = parameters.get(name);
    return value === undefined || !/^[0-9a-f]{1,6}$/i.test(value) ? [] : [`${name}=${value}`];
  });
  return echoed.length === 0 ? [] : [attributeLine('fmtp', `${payloadType} ${echoed.join(';')}`)];
}
