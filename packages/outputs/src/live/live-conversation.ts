import { MalformedError, type Micros } from '@pinhole/core';
import { type AnyClientMessage, parseAnyClientMessage } from '@pinhole/protocol/live';
import type { ViewerControls } from '../controls/index.ts';
import type { LiveConnection } from './live-connection.ts';
import type { MutableLiveCounters } from './live-counters.ts';
import { TokenBucket } from './token-bucket.ts';

/** What a viewer may wish for. */
export interface LiveWishes {
  readonly pause: () => void;
  readonly resume: () => void;
  readonly keyFrame: () => void;
  /** The viewer said goodbye. */
  readonly leave: () => void;
}

/** What a conversation needs. */
export interface LiveConversationOptions {
  readonly connection: LiveConnection;
  readonly controls: ViewerControls;
  readonly counters: MutableLiveCounters;
  readonly now: () => Micros;
  readonly wishes: LiveWishes;
}

/** What one viewer says beside the pictures, within bounds. */
export class LiveConversation {
  readonly #options: LiveConversationOptions;
  readonly #inbound: TokenBucket;
  readonly #keyFrames: TokenBucket;

  constructor(options: LiveConversationOptions) {
    this.#options = options;
    const now = options.now();
    this.#inbound = new TokenBucket({ burst: 60, perSecond: 20, now });
    this.#keyFrames = new TokenBucket({ burst: 2, perSecond: 1, now });
  }

  /** @returns whether one more message of the viewer is acceptable. */
  admitsMessage(): boolean {
    return this.#inbound.take(this.#options.now());
  }

  /** Does what comes due each second. */
  beat(): void {
    this.#options.controls.beat();
  }

  /**
   * Does what the viewer's text asks for.
   * @throws {MalformedError} `live/json`, `live/message`; what a newer client may say is answered, not thrown
   */
  handleText(text: string): void {
    try {
      this.#handle(parseAnyClientMessage(text));
    } catch (thrown) {
      if (!(thrown instanceof MalformedError) || thrown.code !== 'live/unknown-message') throw thrown;
      this.#options.counters.messagesUnknown++;
      this.#options.connection.send({ type: 'error', code: thrown.code, message: thrown.message });
    }
  }

  #handle(message: AnyClientMessage): void {
    const { connection, controls, counters, now, wishes } = this.#options;
    switch (message.type) {
      case 'ping':
        connection.send({ type: 'pong', clientTimeMs: message.clientTimeMs, serverTimeUs: now() });
        break;
      case 'pause':
        wishes.pause();
        break;
      case 'resume':
        wishes.resume();
        break;
      case 'key-frame':
        if (this.#keyFrames.take(now())) wishes.keyFrame();
        else counters.keyFrameRequestsIgnored++;
        break;
      case 'bye':
        wishes.leave();
        break;
      case 'watch-controls':
      case 'set-control':
      case 'reset-controls':
      case 'keep-controls':
      case 'revert-controls':
        controls.handle(message);
        break;
    }
  }
}
