import { randomInt } from 'node:crypto';
import {
  type Abort,
  type Logger,
  MalformedError,
  type Millis,
  messageOf,
  millis,
  PinholeError,
} from '@pinhole/core';
import type { Publication, PublisherEnd } from '@pinhole/engine';
import { parseCandidate } from '@pinhole/media/sdp';
import { answeringSide, type TransportOpener, type WeriftTransport } from '@pinhole/webrtc';
import type { SourceClock } from '../clock.ts';
import { buildPublisherAnswer } from './publisher-answer.ts';
import { type PublisherOffer, readPublisherOffer } from './publisher-offer.ts';
import { type PublishedCounters, type PublishedMedia, PublisherReception } from './publisher-reception.ts';

/** What a publisher's connection is opened with. */
export interface PublisherConnectionOptions {
  /** SDP. */
  readonly offer: string;
  readonly transports: TransportOpener;
  readonly clock: SourceClock;
  readonly log: Logger;
  readonly media: PublishedMedia;
  /** ICE and DTLS are up. */
  readonly connected: () => void;
  /** It ended by itself or by the peer; called once at most, and not after `close`. */
  readonly ended: (why: PublisherEnd, inWords: string) => void;
  /** Gives up while opening. */
  readonly signal?: Abort;
}

/** ICE and DTLS have to be up by then. */
const CONNECT_DEADLINE = millis(15_000);

/** Neither media nor reports for so long: the peer is gone. */
const GONE_AFTER_MS = 5000;

const TICK = millis(50);
const TICKS_A_SECOND = 20;

/** One peer that publishes, from its offer to its end. */
export class PublisherConnection implements Publication {
  readonly answer: string;
  readonly #options: PublisherConnectionOptions;
  readonly #offer: PublisherOffer;
  readonly #transport: WeriftTransport;
  readonly #reception: PublisherReception;
  #cancelTick: (() => void) | undefined;
  #ticks = 0;
  #heardAt: Millis | undefined;
  #mediaAt: Millis | undefined;
  #over = false;
  #closing: Promise<void> | undefined;

  private constructor(
    options: PublisherConnectionOptions,
    opened: { readonly offer: PublisherOffer; readonly transport: WeriftTransport },
  ) {
    const { offer, transport } = opened;
    this.#options = options;
    this.#offer = offer;
    this.#transport = transport;
    this.answer = buildPublisherAnswer(offer, {
      local: answeringSide(transport.local, offer),
      sessionId: randomInt(1, 2 ** 32),
    });
    this.#reception = new PublisherReception({
      offer,
      clock: options.clock,
      media: options.media,
      send: (datagram) => transport.sendRtcp(datagram),
    });
  }

  /**
   * Answers an offer and waits for the publisher.
   * @throws {PinholeError} `webrtc/malformed-offer`, `webrtc/unsupported`, `webrtc/no-h264`, `webrtc/bind`,
   *   `webrtc/no-address`
   */
  static async open(options: PublisherConnectionOptions): Promise<PublisherConnection> {
    const offer = readPublisherOffer(options.offer);
    const transport = await options.transports.open();
    if (options.signal?.aborted) {
      await transport.close();
      throw new PinholeError('webrtc/unsupported', 'the publisher left before it was answered');
    }
    const connection = new PublisherConnection(options, { offer, transport });
    connection.#start();
    return connection;
  }

  /** What became of what came. */
  get counters(): PublishedCounters {
    return this.#reception.counters;
  }

  /** When the last media came, on the monotonic clock; undefined before the first. */
  get mediaAt(): Millis | undefined {
    return this.#mediaAt;
  }

  async addCandidate(candidate: string): Promise<void> {
    if (this.#closing || candidate.trim() === '' || /^(?:a=)?end-of-candidates/.test(candidate)) return;
    try {
      await this.#transport.addRemoteCandidate(parseCandidate(candidate));
    } catch (error) {
      if (!(error instanceof MalformedError)) throw error;
      this.#options.log.debug({ reason: error.message }, 'candidate passed over');
    }
  }

  /** Asks for a key picture. */
  requestKeyFrame(): void {
    if (this.#heardAt !== undefined) this.#reception.requestKeyFrame();
  }

  close(_why: PublisherEnd): Promise<void> {
    this.#over = true;
    this.#closing ??= this.#end();
    return this.#closing;
  }

  #start(): void {
    const { clock, log } = this.#options;
    this.#transport.start(this.#offer, {
      connected: () => this.#connected(),
      closed: () => this.#finish('left', 'the publisher closed the connection'),
      failed: (why) => this.#finish('ice-failed', why),
      rtp: (packet) => {
        this.#heardAt = clock.monotonicNow();
        this.#mediaAt = this.#heardAt;
        this.#reception.rtp(packet);
      },
      rtcp: (datagram) => {
        this.#heardAt = clock.monotonicNow();
        this.#reception.rtcp(datagram);
      },
    });
    this.#cancelTick = clock.after(CONNECT_DEADLINE, () =>
      this.#finish('timeout', `the publisher did not connect within ${CONNECT_DEADLINE / 1000} s`),
    );
    for (const candidate of this.#offer.candidates) {
      this.addCandidate(candidate).catch((error: unknown) =>
        log.warn({ reason: messageOf(error) }, 'candidate'),
      );
    }
  }

  #connected(): void {
    if (this.#over) return;
    this.#cancelTick?.();
    this.#heardAt = this.#options.clock.monotonicNow();
    this.#tick();
    this.#options.connected();
  }

  #tick(): void {
    const { clock } = this.#options;
    this.#cancelTick = clock.after(TICK, () => this.#tick());
    this.#reception.tick();
    if (this.#ticks++ % TICKS_A_SECOND !== 0) return;
    this.#reception.report();
    this.#transport.tidy();
    if (clock.monotonicNow() - (this.#heardAt ?? 0) >= GONE_AFTER_MS)
      this.#finish('silent', `nothing came of the publisher for ${GONE_AFTER_MS / 1000} s`);
  }

  #finish(why: PublisherEnd, inWords: string): void {
    if (this.#over) return;
    void this.close(why);
    this.#options.ended(why, inWords);
  }

  async #end(): Promise<void> {
    this.#cancelTick?.();
    this.#reception.close();
    try {
      await this.#transport.close();
    } catch (error) {
      this.#options.log.warn({ reason: messageOf(error) }, 'a publisher connection did not close cleanly');
    }
  }
}
