import { PinholeError } from '@pinhole/core';
import type { StreamParameters } from '@pinhole/engine';
import {
  chooseH264,
  directionOf,
  type ExtensionMapping,
  extensionMappings,
  type H264Format,
  retransmissionOf,
  rtpFormats,
  type SdpMedia,
} from '@pinhole/media/sdp';
import { isOffered, requireMid } from '@pinhole/webrtc';
import type { NegotiatedVideo } from './negotiated-session.ts';
import { extensionIdsOf, ourExtensions } from './our-extensions.ts';

/** The m-section that gets the picture. */
export interface OfferedVideo extends NegotiatedVideo {
  readonly index: number;
  readonly media: SdpMedia;
  readonly format: H264Format;
  readonly extensions: readonly ExtensionMapping[];
}

/** Whether an m-section of pictures asks for some. */
export function asksForVideo(media: SdpMedia): boolean {
  const direction = directionOf(media);
  return isVideo(media) && (direction === 'recvonly' || direction === 'sendrecv');
}

/** Whether an m-section is of pictures, and not refused. */
export const isVideo = (media: SdpMedia): boolean => media.kind === 'video' && isOffered(media);

/**
 * Reads a section that gets pictures of a stream, now or by turns.
 * @throws {PinholeError} `webrtc/malformed-offer`, `webrtc/no-h264`, `webrtc/b-frames`
 */
export function readVideo(media: SdpMedia, index: number, parameters: StreamParameters): OfferedVideo {
  if (parameters.bFrames) throw bFrames();
  const format = chooseH264(media, parameters);
  if (!format) throw noH264(media);
  const rtxPayloadType = retransmissionOf(media, format.payloadType);
  const extensions = ourExtensions(extensionMappings(media));
  return {
    index,
    media,
    mid: requireMid(media),
    format,
    payloadType: format.payloadType,
    ...(rtxPayloadType !== undefined && { rtxPayloadType }),
    extensions,
    extensionIds: extensionIdsOf(extensions),
    sends: asksForVideo(media),
  };
}

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
