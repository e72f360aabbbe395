import type { PeerMedia } from '@pinhole/engine';
import type { OfferWishes } from './viewer-offer.ts';

/** What an offer is held against, by what the peer is asked to do and what its stream has now. */
export function offerWishes({ stream, video = 'required', audio = 'off' }: PeerMedia): OfferWishes {
  const { parameters, audio: sound } = stream;
  if (audio === 'off') return { parameters, video };
  // A source that was just started may not have come to its sound yet: a track that stays silent does no harm.
  const sends = sound ? sound.codec === 'opus' : !stream.isSilent;
  return { parameters, video, sound: { sends, receives: audio === 'both' } };
}
