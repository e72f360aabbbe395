import { randomInt } from 'node:crypto';
import { PinholeError } from '@pinhole/core';
import type { OfferedPeer, PeerMedia, PeerStats, ViewerEnd } from '@pinhole/engine';
import { bFrames } from './offered-video.ts';
import { type OfferedFormats, readAnswer } from './viewer-acceptance.ts';
import { buildOffer, type OfferedSound, offeredFormats } from './viewer-offering.ts';
import { type PeerContext, ViewerPeer } from './viewer-peer.ts';

/** Candidates of the viewer that may wait for its answer; browsers send some ten. */
const MAX_EARLY_CANDIDATES = 32;

/** The offering end of a viewer's connection: the viewer waits for an offer, and answers it. */
export class OfferingPeer implements OfferedPeer {
  readonly offer: string;
  readonly #peer: ViewerPeer;
  readonly #formats: OfferedFormats['formats'];
  readonly #channels: 'none' | 'some';
  readonly #sound: OfferedSound;
  #early: string[] | undefined = [];

  private constructor(
    peer: ViewerPeer,
    offered: {
      readonly sdp: string;
      readonly formats: OfferedFormats['formats'];
      readonly channels: 'none' | 'some';
      readonly sound: OfferedSound;
    },
  ) {
    this.offer = offered.sdp;
    this.#peer = peer;
    this.#formats = offered.formats;
    this.#channels = offered.channels;
    this.#sound = offered.sound;
  }

  /**
   * Makes an offer and waits for the viewer.
   * @throws {PinholeError} `webrtc/*`, as `PeerFactory` says
   */
  static async open(media: PeerMedia, context: PeerContext): Promise<OfferingPeer> {
    const { parameters } = media.stream;
    if (!parameters)
      throw new PinholeError('webrtc/unsupported', 'the camera has sent no picture yet: try again');
    if (parameters.bFrames) throw bFrames();
    const transport = await context.transports.open();
    if (media.signal?.aborted) {
      await transport.close();
      throw new PinholeError('webrtc/unsupported', 'the viewer left before it was offered anything');
    }
    const peer = new ViewerPeer(media, context, transport);
    const channels = media.channels && media.channels.length > 0 ? 'some' : 'none';
    const sound = soundOf(media);
    const sdp = buildOffer({
      local: transport.local,
      tracks: peer.tracks,
      sessionId: randomInt(1, 2 ** 32),
      parameters,
      channels,
      sound,
      turned: (media.rotation ?? 0) === 0 ? 'as it is' : 'turned',
    });
    const formats = offeredFormats(parameters);
    return new OfferingPeer(peer, { sdp, formats, channels, sound });
  }

  async accept(answer: string): Promise<void> {
    const early = this.#early;
    if (this.#peer.closed)
      throw new PinholeError('webrtc/closed', 'the connection ended before its answer came');
    if (!early) throw new PinholeError('webrtc/unsupported', 'the offer was answered already');
    const session = readAnswer(answer, {
      formats: this.#formats,
      channels: this.#channels,
      sound: this.#sound,
    });
    this.#early = undefined;
    this.#peer.start(session);
    await Promise.all(early.map((candidate) => this.#peer.addCandidate(candidate)));
  }

  async addCandidate(candidate: string): Promise<void> {
    if (!this.#early) await this.#peer.addCandidate(candidate);
    else if (this.#early.length < MAX_EARLY_CANDIDATES) this.#early.push(candidate);
  }

  stats(): PeerStats {
    return this.#peer.stats();
  }

  close(why?: ViewerEnd): Promise<void> {
    return this.#peer.close(why);
  }
}

/** A camera whose sound has not come yet is offered with it: it may be a moment late. */
const soundOf = ({ audio = 'off', onAudio }: PeerMedia): OfferedSound => ({
  sends: audio !== 'off',
  receives: audio === 'both' && onAudio !== undefined,
});
