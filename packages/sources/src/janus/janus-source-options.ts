import type { Logger, Millis } from '@pinhole/core';
import type { JanusCredentials, JsonObject } from '@pinhole/protocol/janus';
import type { JanusViewerCounters } from '@pinhole/protocol/janus-session';
import type { TransportOpener } from '@pinhole/webrtc';
import type { SourceClock } from '../clock.ts';
import type { PublishedCounters } from '../publisher/publisher-reception.ts';
import type { WebSocketOpener } from './janus-socket.ts';

/** Which stream of which Janus. */
export interface JanusTarget {
  /** `ws:`, `wss:`, `http:` or `https:`, without credentials and query. */
  readonly url: string;
  /** Default `janus.plugin.ustreamer`. */
  readonly plugin?: string;
  /** The body with which the plugin is asked for its offer. Default `{request: 'watch'}`. */
  readonly watch?: JsonObject;
  /** Go to the server and nowhere else. */
  readonly credentials?: JanusCredentials;
  /** Of TLS; `any`: one that nobody vouches for will do. Default `checked`. */
  readonly certificate?: 'checked' | 'any';
}

/** What a source from a Janus is made with. */
export interface JanusSourceOptions extends JanusTarget {
  readonly transports: TransportOpener;
  readonly openWebSocket: WebSocketOpener;
  /** Whether its sound is asked for as well, if it has any. Default `off`. */
  readonly audio?: 'off' | 'on';
  readonly log?: Logger;
  /** No picture for so long means that the stream stands still. Default 5 s. */
  readonly stallMs?: Millis;
  /** An answer has to bring its first picture within so long. Default 10 s. */
  readonly connectMs?: Millis;
  /** Waits between tries. Default 0.5 s doubling to 30 s. */
  readonly retry?: { readonly firstMs: Millis; readonly maxMs: Millis };
  readonly clock?: SourceClock;
}

/** What a source from a Janus did since it was made. */
export interface JanusSourceCounters {
  /** Sessions that were tried. */
  readonly connections: number;
  /** Offers that were answered. */
  readonly offers: number;
  readonly units: number;
  readonly audioFrames: number;
  /** Sound that came before the first picture. */
  readonly audioDroppedEarly: number;
  /** Connections given up because no picture came for too long. */
  readonly stalls: number;
  /** Of the session that is there, or was there last. */
  readonly session?: JanusViewerCounters;
  /** Of the WebRTC connection that is there, or was there last. */
  readonly reception?: PublishedCounters;
}
