import type { Millis } from '@pinhole/core';
import type { JanusCandidate, JsonObject } from '../janus/index.ts';
import type { JanusConnectionCounters, JanusConnectionOptions } from './janus-connection.ts';
import type { JanusFault } from './janus-fault.ts';

/** What is watched, and how. */
export interface JanusViewerOptions extends JanusConnectionOptions {
  /** Default `janus.plugin.ustreamer`. */
  readonly plugin?: string;
  /** The body with which the plugin is asked for its offer. Default `{request: 'watch'}`. */
  readonly watch?: JsonObject;
  /** The offer has to come within so long of `watch`, retries included. Default 10 s. */
  readonly offerWithinMs?: Millis;
}

/** What a viewer tells; nothing after `failed`. */
export type JanusViewerEvent =
  /** What it waits for now. */
  | { readonly kind: 'stage'; readonly stage: 'attach' | 'watch' | 'start' }
  /** To be answered with `answer`; each is for a new WebRTC connection. One `a=fmtp` a payload type. */
  | { readonly kind: 'offer'; readonly sdp: string }
  /** For the connection of the last offer. */
  | { readonly kind: 'candidate'; readonly candidate: JanusCandidate }
  /** Media flows. */
  | { readonly kind: 'up' }
  /** The WebRTC connection is over; the session is not: `watch` asks for another offer. */
  | { readonly kind: 'hung-up'; readonly reason: string }
  | { readonly kind: 'failed'; readonly fault: JanusFault };

/** What became of a viewer's requests. */
export interface JanusViewerCounters extends JanusConnectionCounters {
  /** The plugin was asked once more, as it was not ready or said nothing. */
  readonly watchRetries: number;
  /** Offers that came when none was wanted. */
  readonly offersIgnored: number;
  /** Ours, which were too many before the answer. */
  readonly candidatesDropped: number;
}
