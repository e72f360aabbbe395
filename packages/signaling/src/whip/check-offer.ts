import type { OfferedMedia } from '@pinhole/protocol/whep';
import { RequestProblem } from '../sdp-http/request-problem.ts';

/**
 * Holds an offer against the media rules of WHIP: one video that the publisher sends, and at most one audio.
 * @throws {RequestProblem} `whip/no-video`, `whip/too-many-tracks`, `whip/direction`
 * @see RFC 9725 §4.4
 */
export function checkPublisherOffer(media: readonly OfferedMedia[]): void {
  for (const kind of ['video', 'audio']) {
    const count = media.filter((section) => section.kind === kind).length;
    if (count > 1)
      throw refused('whip/too-many-tracks', `the offer has ${count} ${kind} sections, need at most 1`);
  }
  const video = media.find(({ kind }) => kind === 'video');
  if (!video)
    throw refused('whip/no-video', 'the offer has no video section; publish a video track, in H.264');
  if (video.direction !== 'sendonly' && video.direction !== 'sendrecv') {
    throw refused('whip/direction', `the video section is ${video.direction}; a publisher offers sendonly`);
  }
}

const refused = (code: string, detail: string): RequestProblem =>
  new RequestProblem({ status: 422, code, title: 'The offer cannot be answered', detail });
