import { type Logger, type Micros, type Millis, millis } from '@pinhole/core';
import type { Cameras, ViewerSessions } from '@pinhole/engine';
import type { UstreamerEra } from '@pinhole/protocol/janus';
import type { AuthorizeJanus } from './janus-identity.ts';
import type { OpenVoice } from './viewer-voice.ts';

/**
 * How the plugin answers. `ack` is what the clients of all releases take: a request is acknowledged at once, as by
 * Janus's own asynchronous plugins, and the event that follows names the transaction. `early` and `late` are exactly as
 * µStreamer up to 6.17 and since 6.18: the event first, then `ack` or `success`.
 */
export type JanusReplyStyle = 'ack' | UstreamerEra;

/** What a camera can give besides its picture. */
export interface CameraSound {
  readonly audio: boolean;
  /** Somebody hears what viewers say. */
  readonly mic: boolean;
}

/** How many of what there may be. */
export interface JanusLimits {
  readonly sessions: number;
  readonly sessionsPerAddress: number;
  readonly handlesPerSession: number;
}

/** Enough for a house of pages, little enough for a small board. */
export const DEFAULT_JANUS_LIMITS: JanusLimits = {
  sessions: 1000,
  sessionsPerAddress: 128,
  handlesPerSession: 16,
};

/** A session of which nothing is heard for so long is over. Clients speak every 25 or 30 s. */
export const SESSION_TIMEOUT_MS = millis(60_000);

/** What the gateway is made with. */
export interface JanusGatewayOptions {
  readonly cameras: Cameras;
  readonly sessions: ViewerSessions;
  /** The camera behind each plugin, by the plugin's name. */
  readonly plugins: ReadonlyMap<string, string>;
  readonly replies: JanusReplyStyle;
  readonly limits: JanusLimits;
  readonly sessionTimeoutMs?: Millis;
  readonly authorize: AuthorizeJanus;
  /** Whether requests have to carry a secret or a token; told by `info`. */
  readonly secret: 'needed' | 'needless';
  /** Addresses that count as one; each for itself when left out. */
  readonly householdOf?: (address: string) => string;
  /** Whether viewers may come by TCP, too; told by `info`. Default `off`. */
  readonly iceTcp?: 'on' | 'off';
  /** A STUN server for viewers, as `features` names it. */
  readonly iceUrl: () => string | undefined;
  readonly soundOf: (camera: string) => CameraSound;
  /** Opens the way from a viewer's microphone to a camera's speaker; absent where there is none. */
  readonly openVoice?: OpenVoice;
  /** A random whole number from 1 to 2^53−1, unguessable. */
  readonly newId: () => number;
  /** Monotonic. */
  readonly now: () => Millis;
  /** UTC, the clock of the cameras. */
  readonly utcNow: () => Micros;
  readonly version: string;
  readonly log: Logger;
}
