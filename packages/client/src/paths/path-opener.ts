import type { ClockOffset } from '../clock/clock-offset.ts';
import type { Endpoints } from '../endpoints.ts';
import type { TransportName } from '../ladder/ladder.ts';
import type { Failure } from '../transports/failure.ts';
import type { PathEvent, PicturePath, PlayerName } from './picture-path.ts';
import { WebRtcPath } from './webrtc-path.ts';

/** A player for pictures that come by WebSocket. */
export type WebSocketPlayerName = 'webcodecs' | 'mse';

/** What a path opener needs. */
export interface PathOpenerOptions {
  readonly endpoints: Endpoints;
  readonly clock: ClockOffset;
  readonly players?: readonly WebSocketPlayerName[];
  readonly token?: string;
  readonly iceServers?: readonly RTCIceServer[];
}

/** Opens paths, and remembers which players are no good in this browser. */
export class PathOpener {
  readonly #options: PathOpenerOptions;

  constructor(options: PathOpenerOptions) {
    this.#options = options;
  }

  /**
   * Notes that a player is no good here.
   * @returns whether another one is left to try
   */
  rule(_player: PlayerName, _failure: Failure): boolean {
    return false;
  }

  /** Opens one; what becomes of it comes as events. */
  open(transport: TransportName, handle: (event: PathEvent) => void): PicturePath {
    const { endpoints } = this.#options;
    if (transport === 'websocket') throw new Error('the WebSocket path is not there yet');
    const path = new WebRtcPath({ ...this.#options, url: endpoints.whep, handle });
    path.open();
    return path;
  }
}
