import { type Micros, micros } from '@pinhole/core';
import { LIVE_SUBPROTOCOL } from '@pinhole/protocol/live';
import { AnnexBFraming, type Framing, LiveFraming } from './framing.ts';

/** How pictures are put into WebSocket messages, and whether anything is said beside them. */
export interface LiveDialect {
  /** For logs. */
  readonly name: string;
  /** Selected when the client offers it. */
  readonly subprotocol?: string;
  /** Text messages go both ways. Without, nothing but pictures is sent, and what comes is passed over. */
  readonly texts: boolean;
  readonly openFraming: () => Framing;
  /** How long a newcomer rather waits for the next key unit than take an old GOP; see the engine's `Stream.attach`. */
  readonly patience?: Micros;
}

/** `pinhole.live.v1`: what our own client speaks. */
export const LIVE_DIALECT: LiveDialect = {
  name: LIVE_SUBPROTOCOL,
  subprotocol: LIVE_SUBPROTOCOL,
  texts: true,
  openFraming: () => new LiveFraming(),
};

/**
 * What raspicam's page and others like it expect of `/ws/`: one access unit a message, Annex B, and not a word else.
 *
 * Its messages carry no times, so a player of that kind shows each for as long as any other: what comes in a burst is
 * added to its delay for good. So a newcomer waits for a key unit, for two seconds at most, where the GOP is old.
 */
export const RASPICAM_DIALECT: LiveDialect = {
  name: 'raspicam',
  texts: false,
  openFraming: () => new AnnexBFraming(),
  patience: micros(2_000_000),
};
