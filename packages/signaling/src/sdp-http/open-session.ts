import type { Camera, Identity } from '@pinhole/engine';
import {
  type IceServer,
  parseOfferOutline,
  SDP_FRAGMENT_TYPE,
  SDP_TYPE,
  serializeEntityTag,
  serializeIceServerLinks,
} from '@pinhole/protocol/whep';
import type { Negotiations } from './negotiations.ts';
import { readText, requireMediaType } from './request-body.ts';
import type { SdpHttpProtocol } from './sdp-http-handler.ts';

/** What opening a session needs. */
export interface OpenSessionContext {
  readonly protocol: SdpHttpProtocol;
  readonly negotiations: Negotiations;
  readonly camera: Camera;
  readonly identity: Identity;
  readonly iceServers: () => readonly IceServer[];
  readonly basePath: string;
}

/**
 * Answers the POST that carries an offer.
 * @throws {PinholeError} `whep/*`, and what the protocol's `offer` throws
 */
export async function openSession(request: Request, context: OpenSessionContext): Promise<Response> {
  const { protocol, negotiations, camera, identity } = context;
  const { sessions } = protocol;
  requireMediaType(request, SDP_TYPE, 'Accept-Post');
  const sdp = await readText(request);
  const { credentials, media } = parseOfferOutline(sdp);
  protocol.checkOffer(media);
  const { id, answer } = await protocol.offer(camera, sdp, identity);
  // Nobody is left to learn the session's address.
  if (request.signal.aborted && sessions.find(id)) sessions.close(id, 'left');
  const entityTag = parseOfferOutline(answer).credentials.ufrag;
  negotiations.add(id, { entityTag, offered: credentials, offer: sdp, candidates: 0 });
  const headers = new Headers({
    'Content-Type': SDP_TYPE,
    'Cache-Control': 'no-store',
    Location: locationOf(request, `${context.basePath}/${encodeURIComponent(camera.id)}/${id}`),
    ETag: serializeEntityTag(entityTag),
    'Accept-Patch': SDP_FRAGMENT_TYPE,
  });
  for (const link of serializeIceServerLinks(context.iceServers())) headers.append('Link', link);
  return new Response(answer, { status: 201, headers });
}

/** A client that can only put its token into the address has it in the session's address too. */
const locationOf = (request: Request, path: string): string => {
  const token = new URL(request.url).searchParams.get('token');
  return token === null ? path : `${path}?${new URLSearchParams({ token }).toString()}`;
};
