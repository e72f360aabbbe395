import type { ClockOffset } from '../clock/clock-offset.ts';
import { localNow } from '../clock/local-clock.ts';
import type { Endpoints } from '../endpoints.ts';
import type { TransportName } from '../ladder/transport-name.ts';
import { jpegProblem } from '../players/jpeg/support.ts';
import { mseProblem } from '../players/mse/media-source.ts';
import type { PlayerName, WebSocketPlayerName } from '../players/player-name.ts';
import { webCodecsProblem } from '../players/webcodecs/support.ts';
import type { Failure } from '../transports/failure.ts';
import type { PathEvent, PicturePath } from './picture-path.ts';
import type { PictureTransport } from './picture-transport.ts';
import { WebRtcPath } from './webrtc-path.ts';
import { WebSocketPath } from './websocket-path.ts';

/** What a path opener needs. */
export interface PathOpenerOptions {
  readonly origin: Endpoints | PictureTransport;
  readonly clock: ClockOffset;
  /** In order of preference. */
  readonly players: readonly WebSocketPlayerName[];
  readonly token?: string;
  readonly iceServers?: readonly RTCIceServer[];
}

interface RuledOut {
  /** Why, in words. */
  readonly reason: string;
  /** On the local clock; without it for good. */
  readonly until?: number;
  readonly forMs?: number;
}

/** A decoder that failed gets another chance after this, and after twice as long each time. */
const FIRST_REST_MS = 60_000;
const LONGEST_REST_MS = 16 * FIRST_REST_MS;

/** Opens paths, and remembers which players are no good in this browser. */
export class PathOpener {
  readonly #options: PathOpenerOptions;
  readonly #ruledOut = new Map<PlayerName, RuledOut>();

  constructor(options: PathOpenerOptions) {
    this.#options = options;
    const problems = { webcodecs: webCodecsProblem(), mse: mseProblem(), jpeg: jpegProblem() };
    for (const player of options.players) {
      const problem = problems[player];
      if (problem !== undefined) this.#ruledOut.set(player, { reason: problem });
    }
  }

  /** Why a player is not used, in words; `undefined` when it may be. */
  problemOf(player: PlayerName): string | undefined {
    return this.#ruledOut.get(player)?.reason;
  }

  /** The best player for the WebSocket that may be used now. */
  get bestPlayer(): WebSocketPlayerName | undefined {
    return this.#options.players.find((player) => {
      const ruledOut = this.#ruledOut.get(player);
      return !ruledOut || (ruledOut.until !== undefined && localNow() >= ruledOut.until);
    });
  }

  /**
   * Notes that a player is no good here for a while.
   * @returns whether another one is left for its transport
   */
  ruleOut(player: PlayerName, failure: Failure): boolean {
    const forMs = Math.min(2 * (this.#ruledOut.get(player)?.forMs ?? FIRST_REST_MS / 2), LONGEST_REST_MS);
    this.#ruledOut.set(player, { reason: failure.reason, forMs, until: localNow() + forMs });
    return player !== 'native' && this.bestPlayer !== undefined;
  }

  /** Opens one; what becomes of it comes as events, the first of them after this returned. */
  open(transport: TransportName, handle: (event: PathEvent) => void): PicturePath | Failure {
    const { origin } = this.#options;
    if ('open' in origin) return origin.open(handle) as PicturePath;
    if (transport === 'webrtc') {
      const path = new WebRtcPath({ ...this.#options, url: origin.whep, handle });
      queueMicrotask(() => path.open());
      return path;
    }
    const player = this.bestPlayer;
    if (player === undefined) {
      const reason =
        [...this.#ruledOut.values()].map((one) => one.reason).join(' ') ||
        'No player for WebSocket was allowed.';
      return { code: 'client/no-player', reason, remedy: 'other-transport' };
    }
    const path = new WebSocketPath({ ...this.#options, url: origin.live, player, handle });
    queueMicrotask(() => path.open());
    return path;
  }
}
