import { PinholeError } from '@pinhole/core';
import type { StreamParameters } from '@pinhole/engine';
import { attribute, attributes, type SdpMedia, type SessionDescription } from '@pinhole/media/sdp';
import {
  bundledWith,
  parseOffer,
  type RemoteChannels,
  readChannels,
  readRemoteSide,
  requireMid,
  transportSection,
} from '@pinhole/webrtc';
import type { NegotiatedSession } from './negotiated-session.ts';
import { type OfferedAudio, readAudio, type SoundWishes } from './offered-audio.ts';
import { asksForVideo, isVideo, type OfferedVideo, readVideo } from './offered-video.ts';

/** What we need to know of a viewer's offer. */
export interface ViewerOffer extends NegotiatedSession {
  readonly description: SessionDescription;
  readonly video?: OfferedVideo;
  readonly audio?: OfferedAudio;
  /** The m-section of data channels, when there is one. */
  readonly channels?: RemoteChannels & { readonly index: number; readonly mid: string };
}

/** What an offer is held against. */
export interface OfferWishes {
  /** Of the stream that it shall show; undefined while they are not known. */
  readonly parameters: StreamParameters | undefined;
  readonly video: 'required' | 'if-offered';
  /** Left out where sound is refused. */
  readonly sound?: SoundWishes;
}

/**
 * Reads an offer for a stream that it shall show.
 *
 * @throws {PinholeError} `webrtc/malformed-offer`, `webrtc/unsupported`, `webrtc/no-h264`, `webrtc/b-frames`
 */
export function readOffer(text: string, wishes: OfferWishes): ViewerOffer {
  const description = parseOffer(text);
  const video = videoOf(description, wishes);
  const main = mainSection(description, video);
  const bundled = bundledWith(description, main.mid);
  const audio = audioOf(description, wishes, (mid) => mid === main.mid || bundled.has(mid));
  const channels = readChannels(description, bundled.size > 0 ? bundled : new Set([main.mid]));
  if (!video && !audio && !channels) {
    throw new PinholeError(
      'webrtc/unsupported',
      'the offer asks for nothing that there is: no H.264, no Opus, no data channels',
    );
  }
  const connection = transportSection(description, main.media);
  return {
    description,
    ...readRemoteSide(description, connection),
    ...(video && { video }),
    ...(audio && { audio }),
    ...(channels && { channels }),
    candidates: attributes(connection, 'candidate'),
  };
}

function videoOf(description: SessionDescription, wishes: OfferWishes): OfferedVideo | undefined {
  const isRequired = wishes.video === 'required';
  const asking = description.media.findIndex(asksForVideo);
  // One that rests is not refused: the viewer could not wake it again.
  const index = asking === -1 && !isRequired ? description.media.findIndex(isVideo) : asking;
  const media = description.media[index];
  if (!media) {
    if (!isRequired) return undefined;
    throw new PinholeError(
      'webrtc/unsupported',
      'the offer asks for no video: add a transceiver for video with direction recvonly',
    );
  }
  if (!wishes.parameters)
    throw new PinholeError('webrtc/unsupported', 'the camera has sent no picture yet: try again');
  try {
    return readVideo(media, index, wishes.parameters);
  } catch (error) {
    if (!isRequired && error instanceof PinholeError && error.code === 'webrtc/no-h264') return undefined;
    throw error;
  }
}

/** The section whose connection is ours: everything else has to share it. */
function mainSection(
  description: SessionDescription,
  video: OfferedVideo | undefined,
): { readonly media: SdpMedia; readonly mid: string } {
  const media = video?.media ?? description.media.find(({ port }) => port !== 0);
  if (!media) throw new PinholeError('webrtc/unsupported', 'the offer has no section that is not refused');
  return { media, mid: requireMid(media) };
}

function audioOf(
  description: SessionDescription,
  { sound }: OfferWishes,
  isOurs: (mid: string) => boolean,
): OfferedAudio | undefined {
  if (!sound) return undefined;
  for (const [index, media] of description.media.entries()) {
    const mid = attribute(media, 'mid');
    const audio = mid !== undefined && isOurs(mid) ? readAudio(media, index, sound) : undefined;
    if (audio) return audio;
  }
  return undefined;
}
