import { randomInt } from 'node:crypto';
import { PinholeError } from '@pinhole/core';
import type { Peer, PeerRequest, PeerStats, ViewerEnd } from '@pinhole/engine';
import { buildAnswer } from './viewer-answer.ts';
import { readOffer } from './viewer-offer.ts';
import { type PeerContext, ViewerPeer } from './viewer-peer.ts';

/** The answering end of a viewer's connection: the viewer makes the offers. */
export class AnsweringPeer implements Peer {
  readonly answer: string;
  readonly #peer: ViewerPeer;

  private constructor(answer: string, peer: ViewerPeer) {
    this.answer = answer;
    this.#peer = peer;
  }

  /**
   * Answers an offer and waits for the viewer.
   * @throws {PinholeError} `webrtc/*`, as `PeerFactory` says
   */
  static async open(request: PeerRequest, context: PeerContext): Promise<AnsweringPeer> {
    const { video = 'required', audio = 'off' } = request;
    if (video !== 'required' || audio !== 'off') {
      throw new PinholeError('webrtc/unsupported', 'video and audio: only pictures are served');
    }
    const { parameters } = request.stream;
    if (!parameters)
      throw new PinholeError('webrtc/unsupported', 'the camera has sent no picture yet: try again');
    const offer = readOffer(request.offer, parameters);
    const transport = await context.transports.open();
    if (request.signal?.aborted) {
      await transport.close();
      throw new PinholeError('webrtc/unsupported', 'the viewer left before it was answered');
    }
    const peer = new ViewerPeer(request, context, transport);
    const sessionId = randomInt(1, 2 ** 32);
    const answer = buildAnswer(offer, { local: transport.local, tracks: peer.tracks, sessionId });
    peer.start(offer);
    return new AnsweringPeer(answer, peer);
  }

  addCandidate(candidate: string): Promise<void> {
    return this.#peer.addCandidate(candidate);
  }

  renegotiate(): Promise<string> {
    return Promise.reject(new PinholeError('webrtc/unsupported', 'a connection takes one offer alone'));
  }

  stats(): PeerStats {
    return this.#peer.stats();
  }

  close(why?: ViewerEnd): Promise<void> {
    return this.#peer.close(why);
  }
}
