import { type Micros, micros, ticks90k, ticksToMicros } from '@pinhole/core';

/** One point where RTP time and capture time are both known. */
export interface Anchor {
  /** RTP timestamp as sent, 32 bit. */
  readonly rtpTimestamp: number;
  /** Capture time of the picture that carried it, UTC. */
  readonly captureTime: Micros;
}

/** Turns RTP timestamps of painted frames into capture times, by the last {@link Anchor} that the server sent. */
export class RtpAnchor {
  #anchor: Anchor | undefined;

  /** Takes a newer anchor. */
  set(anchor: Anchor): void {
    this.#anchor = anchor;
  }

  /** When the picture with this RTP timestamp was captured; `undefined` before the first anchor. */
  captureTime(rtpTimestamp: number): Micros | undefined {
    if (this.#anchor === undefined) return undefined;
    // Signed 32-bit difference: right across the wrap, which comes every 13 hours (RFC 3550 §5.1).
    const ticks = ticks90k((rtpTimestamp - this.#anchor.rtpTimestamp) | 0);
    return micros(this.#anchor.captureTime + ticksToMicros(ticks));
  }
}
