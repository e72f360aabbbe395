import { PinholeError } from '@pinhole/core';
import { RTP_EXTENSION_URI } from '@pinhole/media/rtp';
import {
  attribute,
  attributes,
  directionOf,
  type ExtensionMapping,
  extensionMappings,
  type RtpFormat,
  rtpFormats,
  type SdpMedia,
  type SessionDescription,
} from '@pinhole/media/sdp';
import {
  bundledWith,
  isOffered,
  parseOffer,
  type RemoteSide,
  readRemoteSide,
  requireMid,
  transportSection,
} from '@pinhole/webrtc';

/** The header extensions that we read, by the ids the publisher gave them. */
export interface ReadExtensions {
  readonly transportSequence?: number;
  readonly absCaptureTime?: number;
}

/** What we need to know of a publisher's offer. */
export interface PublisherOffer extends RemoteSide {
  readonly description: SessionDescription;
  /** The m-section that brings the pictures. */
  readonly video: { readonly index: number; readonly media: SdpMedia; readonly mid: string };
  readonly format: RtpFormat;
  /** Payload type in which packets of `format` are sent again, when that has one of its own. */
  readonly retransmissionType?: number;
  readonly extensions: readonly ExtensionMapping[];
  readonly extensionIds: ReadExtensions;
  /** The m-section that brings sound in Opus, when there is one. */
  readonly audio?: {
    readonly index: number;
    readonly media: SdpMedia;
    readonly mid: string;
    readonly payloadType: number;
  };
  /** Feedback may be sent without a report before it (RFC 5506). */
  readonly reducedSize: boolean;
  /** Values of `candidate` attributes. */
  readonly candidates: readonly string[];
}

const READ = ['transportSequence', 'absCaptureTime'] as const satisfies readonly (keyof ReadExtensions &
  keyof typeof RTP_EXTENSION_URI)[];

/**
 * Reads the offer of a peer that publishes.
 *
 * @throws {PinholeError} `webrtc/malformed-offer`, `webrtc/unsupported`, `webrtc/no-h264`
 */
export function readPublisherOffer(text: string): PublisherOffer {
  const description = parseOffer(text);
  const index = description.media.findIndex((media) => media.kind === 'video' && isSent(media));
  const media = description.media[index];
  if (!media) {
    throw new PinholeError(
      'webrtc/unsupported',
      'the offer sends no video: add a video track, with direction sendonly',
    );
  }
  const format = chooseFormat(media);
  if (!format) throw noH264(media);
  const mid = requireMid(media);
  const retransmissionType = rtpFormats(media).find(
    ({ codec, parameters }) => codec === 'RTX' && parameters.get('apt') === String(format.payloadType),
  )?.payloadType;
  const extensions = extensionMappings(media).filter(({ uri }) =>
    READ.some((name) => RTP_EXTENSION_URI[name] === uri),
  );
  const connection = transportSection(description, media);
  const audio = readAudio(description, bundledWith(description, mid));
  return {
    description,
    ...readRemoteSide(description, connection),
    video: { index, media, mid },
    format,
    ...(retransmissionType !== undefined && { retransmissionType }),
    extensions,
    extensionIds: idsOf(extensions),
    ...(audio && { audio }),
    reducedSize: attribute(connection, 'rtcp-rsize') !== undefined,
    candidates: attributes(connection, 'candidate'),
  };
}

const isSent = (media: SdpMedia): boolean => {
  const direction = directionOf(media);
  return isOffered(media) && (direction === 'sendonly' || direction === 'sendrecv');
};

/** In packetization-mode 1 when offered, whose packets may be as large as the path allows; else the publisher's first. */
function chooseFormat(media: SdpMedia): RtpFormat | undefined {
  const offered = rtpFormats(media).filter(
    ({ codec, clockRate }) => codec === 'H264' && clockRate === 90_000,
  );
  const ofMode = (mode: string): RtpFormat | undefined =>
    offered.find(({ parameters }) => (parameters.get('packetization-mode') ?? '0') === mode);
  return ofMode('1') ?? ofMode('0');
}

function noH264(media: SdpMedia): PinholeError {
  const codecs = [...new Set(rtpFormats(media).map(({ codec }) => codec))];
  return new PinholeError(
    'webrtc/no-h264',
    `the publisher offers ${codecs.join(', ') || 'no codec'}, and Pinhole takes H.264 alone: choose it in the ` +
      'settings of the publisher, or one whose encoder makes it',
  );
}

function readAudio(
  description: SessionDescription,
  bundled: ReadonlySet<string>,
): PublisherOffer['audio'] | undefined {
  const index = description.media.findIndex((media) => media.kind === 'audio' && isSent(media));
  const media = description.media[index];
  const format =
    media && rtpFormats(media).find(({ codec, clockRate }) => codec === 'OPUS' && clockRate === 48_000);
  if (!format) return undefined;
  const mid = requireMid(media);
  // Without BUNDLE it would need a connection of its own; it is answered with port 0 then.
  return bundled.has(mid) ? { index, media, mid, payloadType: format.payloadType } : undefined;
}

function idsOf(extensions: readonly ExtensionMapping[]): ReadExtensions {
  const ids: { -readonly [Name in keyof ReadExtensions]: ReadExtensions[Name] } = {};
  for (const name of READ) {
    const mapping = extensions.find(({ uri }) => uri === RTP_EXTENSION_URI[name]);
    if (mapping) ids[name] = mapping.id;
  }
  return ids;
}
