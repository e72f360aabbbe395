import type { OfferedMedia } from '@pinhole/protocol/whep';
import { RequestProblem } from '../sdp-http/request-problem.ts';

/** Of these the WebRTC stack may still refuse one, with its own words. */
const DTLS_ROLES: ReadonlySet<string> = new Set(['actpass', 'active', 'passive']);

/**
 * Holds an offer against the media rules of WHEP: one video that the viewer receives, at most one audio, and a DTLS
 * role that leaves a part for the server.
 * @throws {RequestProblem} `whep/no-video`, `whep/too-many-tracks`, `whep/direction`, `whep/dtls-role`
 * @see RFC 9725 §4.4, draft-ietf-wish-whep §4.4
 */
export function checkOffer(media: readonly OfferedMedia[]): void {
  for (const kind of ['video', 'audio']) {
    const count = media.filter((section) => section.kind === kind).length;
    if (count > 1)
      throw refused('whep/too-many-tracks', `the offer has ${count} ${kind} sections, need at most 1`);
  }
  const video = media.find(({ kind }) => kind === 'video');
  if (!video)
    throw refused('whep/no-video', 'the offer has no video section; add a recvonly video transceiver');
  if (video.direction !== 'recvonly' && video.direction !== 'sendrecv') {
    throw refused('whep/direction', `the video section is ${video.direction}; a viewer offers recvonly`);
  }
  const odd = media.find(({ setup }) => setup !== undefined && !DTLS_ROLES.has(setup));
  if (odd)
    throw refused(
      'whep/dtls-role',
      `a=setup:${odd.setup?.slice(0, 20)} in an offer; need actpass, active or passive`,
    );
}

const refused = (code: string, detail: string): RequestProblem =>
  new RequestProblem({ status: 422, code, title: 'The offer cannot be answered', detail });
