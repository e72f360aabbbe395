import {
  candidatesOf,
  type IceCredentials,
  parseSdpFragment,
  SDP_FRAGMENT_TYPE,
  serializeEntityTag,
  serializeSdpFragment,
} from '@pinhole/protocol/whep';
import type { Negotiation } from './negotiations.ts';

/**
 * Begins ICE anew for a peer whose credentials changed, by an offer that is the one before in everything else.
 * @param renegotiate answers a further offer of the session
 * @returns the response with our own new credentials and candidates, and the entity tag that names them.
 * @throws {PinholeError} what `renegotiate` throws; the session goes on as it was
 * @see RFC 9725 §4.3.2
 */
export async function restartIce(
  { negotiation, credentials }: { readonly negotiation: Negotiation; readonly credentials: IceCredentials },
  renegotiate: (offer: string) => Promise<string>,
): Promise<Response> {
  const offer = withCredentials(negotiation.offer, credentials);
  const answer = parseSdpFragment(await renegotiate(offer));
  negotiation.offer = offer;
  negotiation.offered = credentials;
  negotiation.candidates = 0;
  if (answer.credentials) negotiation.entityTag = answer.credentials.ufrag;
  return new Response(
    serializeSdpFragment({
      ...(answer.credentials && { credentials: answer.credentials }),
      candidates: [],
      endOfCandidates: false,
      // All media go through one connection, which stands in one section.
      media: answer.media.filter((media) => candidatesOf({ ...media, media: [] }).length > 0),
    }),
    {
      status: 200,
      headers: {
        'Content-Type': SDP_FRAGMENT_TYPE,
        'Cache-Control': 'no-store',
        ETag: serializeEntityTag(negotiation.entityTag),
      },
    },
  );
}

/** An offer's candidates are those of its generation: they go with it. */
const withCredentials = (offer: string, { ufrag, pwd }: IceCredentials): string =>
  offer
    .replaceAll(/^a=ice-ufrag:.*$/gm, () => `a=ice-ufrag:${ufrag}`)
    .replaceAll(/^a=ice-pwd:.*$/gm, () => `a=ice-pwd:${pwd}`)
    .replaceAll(/^a=(?:candidate:.*|end-of-candidates)\r?\n/gm, '');
