import { PinholeError } from '@pinhole/core';
import { attribute } from '@pinhole/media/sdp';
import type { NegotiatedAudio, NegotiatedVideo } from './negotiated-session.ts';
import type { ViewerOffer } from './viewer-offer.ts';

/**
 * Holds a further offer against the one before: it has to be of the same connection.
 * @throws {PinholeError} `webrtc/unsupported`
 * @see RFC 8829 §5.2.2 (subsequent offers), RFC 9143 §10.1 (payload types do not change their meaning)
 */
export function checkContinues(before: ViewerOffer, next: ViewerOffer): void {
  const known = before.fingerprints.map(({ value }) => value.toLowerCase());
  if (!next.fingerprints.some(({ value }) => known.includes(value.toLowerCase())))
    throw unsupported('a=fingerprint is of another certificate: a new connection needs a new session');
  for (const [index, media] of before.description.media.entries()) {
    const mid = attribute(media, 'mid');
    const follower = next.description.media[index];
    // A section that was refused may be used again for something else.
    if (media.port !== 0 && (!follower || attribute(follower, 'mid') !== mid))
      throw unsupported(`m-section ${index} was a=mid:${mid ?? ''}: further offers append sections`);
  }
  checkFormat(before.video, next.video);
  checkFormat(before.audio, next.audio);
}

function checkFormat(
  before: NegotiatedVideo | NegotiatedAudio | undefined,
  next: NegotiatedVideo | NegotiatedAudio | undefined,
): void {
  if (!before || !next) return;
  if (before.mid !== next.mid) throw unsupported(`a=mid:${before.mid} became ${next.mid}`);
  if (before.payloadType !== next.payloadType)
    throw unsupported(`payload type ${before.payloadType} of a=mid:${before.mid} became ${next.payloadType}`);
  const [rtx, nextRtx] = [rtxOf(before), rtxOf(next)];
  if (rtx !== nextRtx)
    throw unsupported(
      `payload type ${rtx ?? 'none'} of rtx of a=mid:${before.mid} became ${nextRtx ?? 'none'}`,
    );
}

const rtxOf = (format: NegotiatedVideo | NegotiatedAudio): number | undefined =>
  'rtxPayloadType' in format ? format.rtxPayloadType : undefined;

const unsupported = (message: string): PinholeError => new PinholeError('webrtc/unsupported', message);
