import type { AnyClientMessage } from '@pinhole/protocol/live';
import type { ClockOffset } from '../clock/clock-offset.ts';
import type { TransportName } from '../ladder/transport-name.ts';
import type { Stage } from '../liveness/live-state.ts';
import type { PaintedFrame, PictureElement } from '../players/player.ts';
import type { PlayerName } from '../players/player-name.ts';
import type { ServerMessage } from '../transports/conversation.ts';
import type { Failure } from '../transports/failure.ts';
import type { PathReport } from './path-report.ts';

/** What a path tells its owner. */
export type PathEvent =
  | { readonly kind: 'stage'; readonly stage: Stage }
  | { readonly kind: 'painted'; readonly frame: PaintedFrame }
  | { readonly kind: 'message'; readonly message: ServerMessage }
  | { readonly kind: 'blocked' }
  /** This player is no good here; the same transport with another one would do. */
  | { readonly kind: 'player-failed'; readonly player: PlayerName; readonly failure: Failure }
  | { readonly kind: 'failed'; readonly failure: Failure };

/** What every path needs. */
export interface PathOptions {
  readonly token?: string;
  readonly clock: ClockOffset;
  readonly handle: (event: PathEvent) => void;
}

/** One way of getting the pictures onto the page: a connection and the player behind it. */
export interface PicturePath {
  readonly transport: TransportName;
  readonly player: PlayerName;
  /** Shows the pictures. Stays valid after `close`, with the last picture. */
  readonly element: PictureElement;
  /** Coded pictures that reached the page so far. */
  readonly received: number;
  report(): Promise<PathReport>;
  /** Says something to the server. */
  say(message: AnyClientMessage): void;
  /** The page was hidden: no pictures are wanted. */
  pause(): void;
  /** The page is shown again. */
  resume(): void;
  /** Ends the connection, with a word to the server. May be called again. */
  close(): void;
}
