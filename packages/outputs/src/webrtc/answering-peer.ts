import { randomInt } from 'node:crypto';
import { PinholeError } from '@pinhole/core';
import type { Peer, PeerMedia, PeerRequest, PeerStats, ViewerEnd } from '@pinhole/engine';
import { answeringSide, type WeriftTransport } from '@pinhole/webrtc';
import { checkContinues } from './check-continues.ts';
import { offerWishes } from './offer-wishes.ts';
import { buildAnswer } from './viewer-answer.ts';
import { readOffer, type ViewerOffer } from './viewer-offer.ts';
import { type PeerContext, ViewerPeer } from './viewer-peer.ts';

/** The answering end of a viewer's connection: the viewer makes the offers, the first one and all that follow. */
export class AnsweringPeer implements Peer {
  readonly answer: string;
  readonly #media: PeerMedia;
  readonly #transport: WeriftTransport;
  readonly #peer: ViewerPeer;
  readonly #sessionId = randomInt(1, 2 ** 32);
  #version = 0;
  readonly #first: ViewerOffer;
  #offer: ViewerOffer;
  /** Offers are answered one after the other. */
  #answered: Promise<unknown> = Promise.resolve();

  private constructor(
    media: PeerMedia,
    opened: { readonly offer: ViewerOffer; readonly transport: WeriftTransport; readonly peer: ViewerPeer },
  ) {
    this.#media = media;
    this.#first = opened.offer;
    this.#offer = opened.offer;
    this.#transport = opened.transport;
    this.#peer = opened.peer;
    this.answer = this.#answerTo(opened.offer);
  }

  /**
   * Answers an offer and waits for the viewer.
   * @throws {PinholeError} `webrtc/*`, as `PeerFactory` says
   */
  static async open(request: PeerRequest, context: PeerContext): Promise<AnsweringPeer> {
    const offer = readOffer(request.offer, offerWishes(request));
    const transport = await context.transports.open();
    if (request.signal?.aborted) {
      await transport.close();
      throw new PinholeError('webrtc/unsupported', 'the viewer left before it was answered');
    }
    const peer = new ViewerPeer(request, context, transport);
    const answering = new AnsweringPeer(request, { offer, transport, peer });
    peer.start(offer);
    return answering;
  }

  addCandidate(candidate: string): Promise<void> {
    return this.#peer.addCandidate(candidate);
  }

  renegotiate(offer: string): Promise<string> {
    const answer = this.#answered.then(() => this.#renegotiate(offer));
    this.#answered = answer.catch(() => {});
    return answer;
  }

  stats(): PeerStats {
    return this.#peer.stats();
  }

  close(why?: ViewerEnd): Promise<void> {
    return this.#peer.close(why);
  }

  async #renegotiate(text: string): Promise<string> {
    if (this.#peer.closed) throw new PinholeError('webrtc/closed', 'the connection ended');
    const offer = readOffer(text, offerWishes(this.#media));
    checkContinues(this.#offer, offer);
    await this.#peer.renegotiate(offer);
    this.#offer = offer;
    return this.#answerTo(offer);
  }

  #answerTo(offer: ViewerOffer): string {
    // Who opened DTLS did so once for all, whatever later offers leave open.
    const local = answeringSide(this.#transport.local, this.#first);
    const { tracks } = this.#peer;
    return buildAnswer(offer, { local, tracks, sessionId: this.#sessionId, version: ++this.#version });
  }
}
