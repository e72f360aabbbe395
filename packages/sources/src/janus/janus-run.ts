import { type Logger, type Millis, messageOf, millis, PinholeError } from '@pinhole/core';
import type { SourceAudioFrame } from '@pinhole/engine';
import type { DemuxedUnit } from '@pinhole/ffmpeg';
import { type JanusLinkOpener, JanusViewer, type JanusViewerEvent } from '@pinhole/protocol/janus-session';
import type { SourceClock } from '../clock.ts';
import type { NetworkCode } from '../network-fault.ts';
import { PublisherConnection } from '../publisher/publisher-connection.ts';
import { StallWatch } from '../stall-watch.ts';
import { type JanusFailure, janusFailure, offerFailure } from './janus-failure.ts';
import type { JanusSourceCounters, JanusSourceOptions } from './janus-source-options.ts';

/** What a run works with. */
export interface JanusRunOptions
  extends Pick<JanusSourceOptions, 'plugin' | 'watch' | 'credentials' | 'transports'> {
  readonly openLink: JanusLinkOpener;
  readonly clock: SourceClock;
  readonly log: Logger;
  readonly stallMs: Millis;
  readonly connectMs: Millis;
}

/** Where a run puts what it gets; nothing after `ended`. */
export interface JanusRunSink {
  /** The units and frames that follow are of another WebRTC connection, whose times begin anew. */
  readonly join: () => void;
  readonly write: (unit: DemuxedUnit) => void;
  readonly audio: (frame: SourceAudioFrame) => void;
  readonly ended: (failure: JanusFailure) => void;
}

/** To get another offer after the server hung up. */
const OFFER_AGAIN_MS = millis(15_000);

/**
 * One session at a Janus, from its opening to its end. The server offers, we answer; where it hangs up and is still
 * there, it is asked for another offer, once for each connection that brought pictures.
 */
export class JanusRun {
  readonly #options: JanusRunOptions;
  readonly #sink: JanusRunSink;
  readonly #viewer: JanusViewer;
  readonly #closings: Promise<void>[] = [];
  #network: NetworkCode | undefined;
  #watch: StallWatch | undefined;
  #peer: PublisherConnection | undefined;
  /** Counts offers: what comes of one before the last is of no use. */
  #offers = 0;
  /** Of the last offer. */
  #units = 0;
  #unitsInAll = 0;
  #early: string[] = [];
  #over = false;

  constructor(options: JanusRunOptions, sink: JanusRunSink) {
    const { openLink, clock, plugin, watch, credentials } = options;
    this.#options = options;
    this.#sink = sink;
    this.#viewer = new JanusViewer(
      {
        openLink,
        clock,
        ...(plugin !== undefined && { plugin }),
        ...(watch && { watch }),
        ...(credentials && { credentials }),
      },
      (event) => this.#handle(event),
    );
  }

  /** What it did so far. */
  get counters(): Required<Pick<JanusSourceCounters, 'offers' | 'session'>> &
    Pick<JanusSourceCounters, 'reception'> {
    const reception = this.#peer?.counters;
    return { offers: this.#offers, session: this.#viewer.counters, ...(reception && { reception }) };
  }

  /** Notes what the link met, for the words of its end. */
  met(network: NetworkCode | undefined): void {
    this.#network = network;
  }

  open(): void {
    this.#viewer.open();
  }

  requestKeyFrame(): void {
    this.#peer?.requestKeyFrame();
  }

  /** Ends it without a word to the sink; resolves when everything is closed. */
  async close(): Promise<void> {
    this.#over = true;
    this.#watch?.stop();
    this.#viewer.close();
    this.#drop();
    await Promise.all(this.#closings);
  }

  #handle(event: JanusViewerEvent): void {
    if (this.#over) return;
    switch (event.kind) {
      case 'offer':
        void this.#answer(event.sdp);
        return;
      case 'candidate':
        if ('candidate' in event.candidate) this.#addCandidate(event.candidate.candidate);
        return;
      case 'hung-up':
        this.#again(`Janus ended the connection (${event.reason})`);
        return;
      case 'failed':
        this.#end(janusFailure(event.fault, this.#network));
        return;
      case 'stage':
      case 'up':
        this.#options.log.debug({ ...event }, 'janus');
    }
  }

  async #answer(offer: string): Promise<void> {
    const { transports, clock, log, connectMs } = this.#options;
    const number = ++this.#offers;
    const isMine = (): boolean => !this.#over && this.#offers === number;
    this.#units = 0;
    this.#early = [];
    this.#sink.join();
    try {
      const peer = await PublisherConnection.open({
        offer,
        transports,
        clock,
        log,
        media: {
          write: (unit) => {
            if (isMine()) this.#write(unit);
          },
          audio: (frame) => {
            if (isMine()) this.#sink.audio(frame);
          },
          bye: () => {},
        },
        connected: () => log.debug({}, 'connected to Janus'),
        ended: (why, inWords) => {
          if (!isMine()) return;
          this.#viewer.hangUp();
          if (why === 'silent' && this.#unitsInAll === 0) this.#end(NO_VIDEO);
          else this.#again(END_IN_WORDS[why] ?? inWords);
        },
      });
      if (!isMine()) {
        this.#closings.push(peer.close('replaced'));
        return;
      }
      this.#peer = peer;
      this.#viewer.answer(peer.answer);
      // All of ours stand in the answer.
      this.#viewer.addCandidate({ completed: true });
      for (const candidate of this.#early.splice(0)) this.#addCandidate(candidate);
      this.#limit(connectMs);
    } catch (thrown) {
      if (isMine()) this.#end(offerFailure(thrown));
      if (!(thrown instanceof PinholeError)) log.warn({ reason: messageOf(thrown) }, 'offer of Janus');
    }
  }

  #addCandidate(candidate: string): void {
    if (!this.#peer) {
      if (this.#early.length < 32) this.#early.push(candidate);
      return;
    }
    this.#peer
      .addCandidate(candidate)
      .catch((thrown: unknown) => this.#options.log.debug({ reason: messageOf(thrown) }, 'candidate'));
  }

  #write(unit: DemuxedUnit): void {
    this.#units++;
    this.#unitsInAll++;
    this.#limit(this.#options.stallMs);
    this.#sink.write(unit);
  }

  /** The next picture has to come within so long. */
  #limit(limitMs: Millis): void {
    const { clock } = this.#options;
    if (this.#watch) this.#watch.feed(limitMs);
    else this.#watch = new StallWatch({ clock, limitMs, stalled: () => this.#stalled() });
  }

  #stalled(): void {
    const why = `no picture for ${this.#options.stallMs / 1000} s`;
    this.#end(this.#unitsInAll > 0 ? { code: 'source/stalled', why } : NO_VIDEO);
  }

  #again(why: string): void {
    this.#drop();
    if (this.#units === 0 || this.#viewer.isBridging) {
      this.#end({ code: 'source/ended', why });
      return;
    }
    this.#options.log.info({ why }, 'asking Janus for another offer');
    this.#limit(OFFER_AGAIN_MS);
    this.#viewer.watch();
  }

  #drop(): void {
    if (this.#peer) this.#closings.push(this.#peer.close('left'));
    this.#peer = undefined;
  }

  #end(failure: JanusFailure): void {
    if (this.#over) return;
    this.#over = true;
    this.#watch?.stop();
    this.#sink.ended(failure);
  }
}

const NO_VIDEO: JanusFailure = {
  code: 'source/no-video',
  why: 'Janus is connected, and no video comes: does anything send pictures to its stream?',
};

const END_IN_WORDS: Readonly<Record<string, string>> = {
  left: 'Janus closed the connection',
  silent: 'nothing came of Janus any more',
  timeout: 'no way to Janus was found by WebRTC: can this machine reach its UDP ports?',
  'ice-failed': 'the way to Janus broke, or none was found: can this machine reach its UDP ports?',
};
