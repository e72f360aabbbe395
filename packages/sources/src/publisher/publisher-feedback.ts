import { type Millis, millis } from '@pinhole/core';
import { serializeRtcp, type WritableRtcp } from '@pinhole/media/rtp';
import type { ArrivalLog } from '../rtp/arrival-log.ts';
import type { NackList } from '../rtp/nack-list.ts';
import type { RtcpName } from '../rtp/rtp-receiver.ts';

/** A key picture that did not come is asked for again so often. */
const KEY_AGAIN_MS = 400;

/** What was asked of a publisher. */
export interface FeedbackCounters {
  /** PLI or FIR. */
  readonly keyFramesAsked: number;
}

/** Writes the feedback that a publisher gets: what to send again, when a key picture is needed, what came when. */
export class PublisherFeedback {
  readonly #own: RtcpName;
  readonly #reducedSize: boolean;
  readonly #kinds: readonly string[];
  readonly #send: (datagram: Uint8Array) => void;
  readonly #counters = { keyFramesAsked: 0 };
  #keyAskedAt = Number.NEGATIVE_INFINITY;
  #firCommand = 0;

  constructor(options: {
    readonly own: RtcpName;
    /** Feedback may go without a report before it (RFC 5506). */
    readonly reducedSize: boolean;
    /** The `a=rtcp-fb` that both sides agreed on. */
    readonly kinds: readonly string[];
    readonly send: (datagram: Uint8Array) => void;
  }) {
    this.#own = options.own;
    this.#reducedSize = options.reducedSize;
    this.#kinds = options.kinds;
    this.#send = options.send;
  }

  get counters(): FeedbackCounters {
    return this.#counters;
  }

  /** Asks for a key picture. */
  askForKey(mediaSsrc: number, now: Millis): void {
    this.#keyAskedAt = now;
    this.#counters.keyFramesAsked++;
    const senderSsrc = this.#own.ssrc;
    if (this.#kinds.includes('nack pli') || !this.#kinds.includes('ccm fir')) {
      this.#write([{ kind: 'picture-loss-indication', senderSsrc, mediaSsrc }]);
      return;
    }
    this.#firCommand = (this.#firCommand + 1) & 0xff;
    const requests = [{ ssrc: mediaSsrc, command: this.#firCommand }];
    this.#write([{ kind: 'full-intra-request', senderSsrc, requests }]);
  }

  /** Asks for a key picture unless that was done a moment ago. */
  keepAskingForKey(mediaSsrc: number, now: Millis): void {
    if (now - this.#keyAskedAt >= KEY_AGAIN_MS) this.askForKey(mediaSsrc, now);
  }

  /** Asks for what is missing, where the publisher answers that. */
  askAgain(nacks: NackList, mediaSsrc: number, now: Millis): void {
    const sequences = nacks.due(now);
    if (sequences.length === 0 || !this.#kinds.includes('nack')) return;
    this.#write([{ kind: 'nack', senderSsrc: this.#own.ssrc, mediaSsrc, sequences }]);
  }

  /** Tells the publisher's bandwidth estimator what came since the last time. */
  tellArrivals(arrivals: ArrivalLog, mediaSsrc: number): void {
    if (!arrivals.waits) return;
    for (const report of arrivals.take())
      this.#write([{ kind: 'transport-cc', senderSsrc: this.#own.ssrc, mediaSsrc, ...report }]);
  }

  #write(packets: readonly WritableRtcp[]): void {
    const before: readonly WritableRtcp[] = this.#reducedSize
      ? []
      : [
          { kind: 'receiver-report', ssrc: this.#own.ssrc, reports: [] },
          { kind: 'source-description', sources: [this.#own] },
        ];
    this.#send(serializeRtcp([...before, ...packets]));
  }
}

/** How often {@link PublisherFeedback.askAgain} is worth a call while something is missing. */
export const ASK_AGAIN_EVERY = millis(10);
