import type { AnyClientMessage, LiveServerMessage } from '@pinhole/protocol/live';
import type { FramePlayer, FramePlayerOptions } from '../players/frame-player.ts';
import { JpegPlayer } from '../players/jpeg/jpeg-player.ts';
import { MsePlayer } from '../players/mse/mse-player.ts';
import type { PictureElement, PlayerEvent } from '../players/player.ts';
import type { WebSocketPlayerName } from '../players/player-name.ts';
import { WebCodecsPlayer } from '../players/webcodecs/webcodecs-player.ts';
import { present } from '../present.ts';
import { LiveConnection, type LiveEvent } from '../transports/live/live-connection.ts';
import type { PathReport } from './path-report.ts';
import type { PathOptions, PicturePath } from './picture-path.ts';

/** What a WebSocket path needs. */
export interface WebSocketPathOptions extends PathOptions {
  /** `ws:` or `wss:` address of the camera's live endpoint. */
  readonly url: string;
  readonly player: WebSocketPlayerName;
}

const PLAYERS: Readonly<Record<WebSocketPlayerName, new (options: FramePlayerOptions) => FramePlayer>> = {
  webcodecs: WebCodecsPlayer,
  mse: MsePlayer,
  jpeg: JpegPlayer,
};

/** Pictures by WebSocket, decoded and shown by WebCodecs, by MSE, or one by one. */
export class WebSocketPath implements PicturePath {
  readonly transport = 'websocket';
  readonly player: WebSocketPlayerName;
  readonly #options: WebSocketPathOptions;
  readonly #connection: LiveConnection;
  readonly #player: FramePlayer;
  #config: Extract<LiveServerMessage, { type: 'config' }> | undefined;

  constructor(options: WebSocketPathOptions) {
    this.#options = options;
    this.player = options.player;
    this.#player = new PLAYERS[options.player]({ handle: (event) => this.#handlePlayer(event) });
    this.#connection = new LiveConnection({
      ...options,
      pictures: options.player === 'jpeg' ? 'jpeg' : 'video',
      handle: (event) => this.#handleConnection(event),
    });
  }

  /** Connects; what becomes of it comes as events. */
  open(): void {
    this.#connection.open();
  }

  get element(): PictureElement {
    return this.#player.element;
  }

  get received(): number {
    return this.#connection.received;
  }

  report(): Promise<PathReport> {
    const { decoded, painted, dropped, bufferMs, decoder } = this.#player;
    const { codec, width, height } = this.#config ?? {};
    return Promise.resolve({
      frames: { received: this.#connection.received, decoded, painted, dropped },
      receivedBytes: this.#connection.receivedBytes,
      ...present({ codec, width, height, bufferMs, decoder }),
    });
  }

  say(message: AnyClientMessage): void {
    this.#connection.say(message);
  }

  pause(): void {
    this.say({ type: 'pause' });
    this.#player.skip();
  }

  resume(): void {
    this.#player.resume();
    this.say({ type: 'resume' });
  }

  close(): void {
    this.#connection.close();
    this.#player.close();
  }

  #handleConnection(event: LiveEvent): void {
    if (event.kind === 'frame') {
      this.#player.write(event.frame);
      return;
    }
    if (event.kind === 'failed') this.close();
    if (event.kind === 'message' && event.message.type === 'config') {
      this.#config = event.message;
      this.#player.configure(event.message);
    }
    this.#options.handle(event);
  }

  #handlePlayer(event: PlayerEvent): void {
    if (event.kind === 'key-frame-wanted') this.say({ type: 'key-frame' });
    else if (event.kind === 'failed') {
      this.#options.handle({ kind: 'player-failed', player: this.player, failure: event.failure });
    } else this.#options.handle(event);
  }
}
