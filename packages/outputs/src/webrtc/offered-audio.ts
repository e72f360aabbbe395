import { RTP_EXTENSION_URI } from '@pinhole/media/rtp';
import {
  directionOf,
  type ExtensionMapping,
  extensionMappings,
  type RtpFormat,
  rtpFormats,
  type SdpMedia,
} from '@pinhole/media/sdp';
import { isOffered, requireMid } from '@pinhole/webrtc';
import type { NegotiatedAudio } from './negotiated-session.ts';
import { extensionIdsOf } from './our-extensions.ts';

/** The m-section of sound. */
export interface OfferedAudio extends NegotiatedAudio {
  readonly index: number;
  readonly media: SdpMedia;
  readonly format: RtpFormat;
  readonly extensions: readonly ExtensionMapping[];
}

/** What we would do with sound. */
export interface SoundWishes {
  /** The stream has sound that can be sent, or may have. */
  readonly sends: boolean;
  /** What the viewer says is of use. */
  readonly receives: boolean;
}

/** Pictures alone need a number a packet for the whole connection, and no delay. */
const OURS: readonly string[] = [RTP_EXTENSION_URI.mid, RTP_EXTENSION_URI.absCaptureTime];

/**
 * Reads a section of sound.
 * @returns undefined where it offers no Opus, or is not offered at all.
 * @throws {PinholeError} `webrtc/malformed-offer`
 * @see RFC 7587 §7 (Opus in SDP), RFC 3264 §6.1 (directions)
 */
export function readAudio(media: SdpMedia, index: number, wishes: SoundWishes): OfferedAudio | undefined {
  const format = rtpFormats(media).find(({ codec, clockRate }) => codec === 'OPUS' && clockRate === 48_000);
  if (media.kind !== 'audio' || !isOffered(media) || !format) return undefined;
  const direction = directionOf(media);
  const extensions = extensionMappings(media).filter(({ uri }) => OURS.includes(uri));
  return {
    index,
    media,
    mid: requireMid(media),
    format,
    payloadType: format.payloadType,
    extensions,
    extensionIds: extensionIdsOf(extensions),
    sends: wishes.sends && (direction === 'recvonly' || direction === 'sendrecv'),
    receives: wishes.receives && (direction === 'sendonly' || direction === 'sendrecv'),
  };
}
