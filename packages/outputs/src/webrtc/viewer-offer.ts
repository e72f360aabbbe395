import { PinholeError } from '@pinhole/core';
import type { StreamParameters } from '@pinhole/engine';
import { RTP_EXTENSION_URI } from '@pinhole/media/rtp';
import {
  attributes,
  chooseH264,
  directionOf,
  type ExtensionMapping,
  extensionMappings,
  type H264Format,
  rtpFormats,
  type SdpMedia,
  type SessionDescription,
} from '@pinhole/media/sdp';
import {
  bundledWith,
  isOffered,
  parseOffer,
  type RemoteChannels,
  readChannels,
  readRemoteSide,
  requireMid,
  transportSection,
} from '@pinhole/webrtc';
import type { ExtensionIds, NegotiatedSession, NegotiatedVideo } from './negotiated-session.ts';

/** What we need to know of a viewer's offer. */
export interface ViewerOffer extends NegotiatedSession {
  readonly description: SessionDescription;
  readonly video: OfferedVideo;
  /** The m-section of data channels, when there is one. */
  readonly channels?: RemoteChannels & { readonly index: number; readonly mid: string };
}

/** The m-section that gets the picture. */
export interface OfferedVideo extends NegotiatedVideo {
  readonly index: number;
  readonly media: SdpMedia;
  readonly format: H264Format;
  readonly extensions: readonly ExtensionMapping[];
}

const OURS = Object.entries(RTP_EXTENSION_URI).filter(([name]) => name !== 'absSendTime') as [
  keyof ExtensionIds,
  string,
][];

/**
 * Reads an offer for a stream that it shall show.
 *
 * @throws {PinholeError} `webrtc/malformed-offer`, `webrtc/unsupported`, `webrtc/no-h264`, `webrtc/b-frames`
 */
export function readOffer(text: string, parameters: StreamParameters): ViewerOffer {
  const description = parseOffer(text);
  const index = description.media.findIndex(wantsVideo);
  const media = description.media[index];
  if (!media) {
    throw new PinholeError(
      'webrtc/unsupported',
      'the offer asks for no video: add a transceiver for video with direction recvonly',
    );
  }
  if (parameters.bFrames) throw bFrames();
  const format = chooseH264(media, parameters);
  if (!format) throw noH264(media);
  const mid = requireMid(media);
  const connection = transportSection(description, media);
  const channels = readChannels(description, bundledWith(description, mid));
  const extensions = extensionMappings(media).filter(({ uri }) => OURS.some(([, ours]) => ours === uri));
  return {
    description,
    ...readRemoteSide(description, connection),
    video: {
      index,
      media,
      mid,
      format,
      payloadType: format.payloadType,
      extensions,
      extensionIds: idsOf(extensions),
    },
    ...(channels && { channels }),
    candidates: attributes(connection, 'candidate'),
  };
}

const wantsVideo = (media: SdpMedia): boolean => {
  const direction = directionOf(media);
  return media.kind === 'video' && isOffered(media) && (direction === 'recvonly' || direction === 'sendrecv');
};

/** What is said of a camera that WebRTC cannot play. */
export const bFrames = (): PinholeError =>
  new PinholeError(
    'webrtc/b-frames',
    'the camera sends B-frames, which WebRTC cannot play: set B-frames to 0, or the H.264 profile to Baseline, in the ' +
      'settings of the camera; or use the WebSocket path, which plays them',
  );

function noH264(media: SdpMedia): PinholeError {
  const codecs = [...new Set(rtpFormats(media).map(({ codec }) => codec))];
  const offered = codecs.includes('H264')
    ? 'H.264 in packetization-mode 0 alone'
    : codecs.join(', ') || 'no codec';
  return new PinholeError(
    'webrtc/no-h264',
    `this browser offers ${offered}, and the picture is H.264 (packetization-mode 1): use the WebSocket path`,
  );
}

function idsOf(extensions: readonly ExtensionMapping[]): ExtensionIds {
  const ids: { -readonly [Name in keyof ExtensionIds]: ExtensionIds[Name] } = {};
  for (const [name, uri] of OURS) {
    // One-byte form only: what a viewer gave a larger id is left out rather than enlarging every header.
    const mapping = extensions.find((one) => one.uri === uri && one.id <= 14);
    if (mapping) ids[name] = mapping.id;
  }
  return ids;
}
