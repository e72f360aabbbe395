import type { Emitter, Micros } from '@pinhole/core';
import type { FeedEvent } from './footage-feed.ts';
import { describePlayback, type PlaybackFacts, type PlaybackState } from './playback-state.ts';
import type { RecordingPlayerEvents } from './recording-player-options.ts';

type Mutable<Facts> = { -readonly [Name in keyof Facts]: Facts[Name] };

/** What a player knows of itself, and tells when it changes. */
export class PlaybackReport {
  facts: Mutable<PlaybackFacts> = { opened: false, closed: false, starved: false, paused: false };
  readonly #emitter: Emitter<RecordingPlayerEvents>;
  #state = describePlayback(this.facts);
  /** The end was told, and nobody has asked for anything since. */
  #ended = false;

  constructor(emitter: Emitter<RecordingPlayerEvents>) {
    this.#emitter = emitter;
  }

  get state(): PlaybackState {
    return this.#state;
  }

  /** It goes to another time: what was known of the place before holds no longer. */
  begin(loaded: 'loaded' | 'loading'): void {
    const { closed, paused, edge } = this.facts;
    this.facts = {
      opened: true,
      closed,
      paused,
      starved: false,
      edge: loaded === 'loaded' ? edge : undefined,
    };
  }

  /** Something about loading. */
  learn(event: FeedEvent): void {
    const { facts } = this;
    switch (event.kind) {
      case 'fragment':
        facts.edge = undefined;
        facts.trouble = undefined;
        break;
      case 'loading':
        facts.trouble = undefined;
        break;
      case 'edge':
        facts.trouble = undefined;
        facts.edge = event.edge;
        break;
      case 'trouble':
        facts.trouble = event.trouble;
        break;
      case 'refused':
        facts.refused = { code: event.code, reason: event.reason };
        break;
      case 'unsupported':
        facts.failed = { code: 'mse/unsupported', reason: event.reason };
        break;
      case 'failed':
      case 'other-tracks':
      case 'span':
      case 'updated':
    }
  }

  /** Somebody asked for something: the end is news again. */
  asked(): void {
    this.#ended = false;
  }

  /** Tells what changed. */
  tell(position: Micros | undefined): void {
    const before = this.#state;
    this.#state = describePlayback(this.facts);
    if (JSON.stringify(before) === JSON.stringify(this.#state)) return;
    this.#emitter.emit('state', this.#state);
    const { kind } = this.#state;
    if (this.#ended || (kind !== 'live-edge' && kind !== 'ended') || position === undefined) return;
    this.#ended = true;
    this.#emitter.emit('ended', { edge: kind === 'ended' ? 'end' : 'live', at: position });
  }
}
