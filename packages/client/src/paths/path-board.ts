import type { Millis } from '@pinhole/core';
import type { LiveServerMessage } from '@pinhole/protocol/live';
import { localNow } from '../clock/local-clock.ts';
import { Ladder, type LadderEffect, type LadderInput, type UnavailableWay } from '../ladder/ladder.ts';
import type { TransportName } from '../ladder/transport-name.ts';
import type { Stage } from '../liveness/live-state.ts';
import type { PaintedFrame } from '../players/player.ts';
import { present } from '../present.ts';
import type { Screen } from '../screen.ts';
import type { Failure } from '../transports/failure.ts';
import { messageFailure } from '../transports/message-failure.ts';
import type { PathOpener } from './path-opener.ts';
import type { PathEvent, PicturePath } from './picture-path.ts';

/** What a board tells its owner. */
export type BoardEvent =
  | { readonly kind: 'trying' }
  | { readonly kind: 'stage'; readonly stage: Stage }
  /** A frame of the path on the page was painted. */
  | { readonly kind: 'painted'; readonly frame: PaintedFrame }
  /** Another path is on the page; `reason` is why the one before is not, when it failed. */
  | { readonly kind: 'shown'; readonly path: PicturePath; readonly reason?: string }
  | { readonly kind: 'message'; readonly message: LiveServerMessage; readonly path: number }
  /** What the server says on the path on the page, of a kind that somebody else knows. */
  | { readonly kind: 'other'; readonly text: string }
  | { readonly kind: 'blocked' }
  | { readonly kind: 'waiting'; readonly tries: number; readonly nextInMs: Millis; readonly reason: string }
  | { readonly kind: 'refused'; readonly failure: Failure };

/** What a board needs. */
export interface PathBoardOptions {
  readonly order: readonly TransportName[];
  readonly opener: PathOpener;
  readonly screen: Screen;
  readonly handle: (event: BoardEvent) => void;
}

interface Entry {
  readonly path: PicturePath;
  received: number;
  /** The ladder knows that it paints. */
  painting: boolean;
}

/** All connections of one player: does what the ladder decides, and tells the ladder what became of it. */
export class PathBoard {
  readonly #options: PathBoardOptions;
  readonly #ladder: Ladder;
  readonly #entries = new Map<number, Entry>();
  #lastFailure: Failure | undefined;
  #closed = false;

  constructor(options: PathBoardOptions) {
    this.#options = options;
    this.#ladder = new Ladder(options.order);
  }

  /** The path whose picture is on the page, while it is open. */
  get shown(): PicturePath | undefined {
    return this.#shownEntry?.path;
  }

  /** Tells the ladder what happened, and does what it decides. */
  climb(input: LadderInput): void {
    if (this.#closed) return;
    if (input.kind === 'tick') this.#reconsider();
    const now = localNow();
    const effects = this.#ladder.handle(input, now);
    for (const effect of effects) this.#carryOut(effect);
    // Counted from the failure on: else each tick would tell of another wait.
    const failed =
      input.kind === 'failed' || effects.some((effect) => effect.kind === 'close' && effect.failed);
    const waiting = failed ? this.#ladder.waiting(now) : undefined;
    if (!waiting) return;
    const { tries, nextInMs, failure } = waiting;
    this.#options.handle({ kind: 'waiting', tries, nextInMs, reason: failure.reason });
  }

  /** What is preferred to the picture there is, and failed. */
  get unavailable(): readonly UnavailableWay[] {
    return this.#ladder.unavailable(localNow());
  }

  /** Whether coded pictures came on the path on the page since the last call. */
  takeReceived(): boolean {
    const entry = this.#shownEntry;
    if (!entry || entry.path.received === entry.received) return false;
    entry.received = entry.path.received;
    return true;
  }

  /** The path on the page brings nothing: others are opened beside it. */
  stall(): void {
    const { shown } = this.#ladder;
    const entry = this.#shownEntry;
    if (shown === undefined || !entry) return;
    entry.painting = false;
    this.climb({ kind: 'stalled', path: shown });
  }

  /** Nobody looks: no pictures, no new connections. */
  pause(): void {
    this.climb({ kind: 'hold' });
    for (const { path } of this.#entries.values()) path.pause();
  }

  /** Somebody looks again. */
  resume(): void {
    for (const { path } of this.#entries.values()) path.resume();
  }

  /** All connections are gone, with this reason. */
  fail(failure: Failure): void {
    const paths = [...this.#entries.keys()];
    for (const path of paths) this.#failed(path, failure);
  }

  /** Says goodbye on all paths: the page may not come back. */
  leave(): void {
    for (const { path } of this.#entries.values()) path.close();
  }

  /** Ends everything for good. */
  close(): void {
    this.#closed = true;
    for (const { path } of this.#entries.values()) {
      path.close();
      path.element.remove();
    }
    this.#entries.clear();
  }

  get #shownEntry(): Entry | undefined {
    return this.#ladder.shown === undefined ? undefined : this.#entries.get(this.#ladder.shown);
  }

  /** A player that failed is tried again in time, beside the one that shows the picture. */
  #reconsider(): void {
    const { shown } = this.#ladder;
    const path = this.#shownEntry?.path;
    if (shown === undefined || path?.transport !== 'websocket') return;
    if (path.player !== this.#options.opener.bestPlayer) this.climb({ kind: 'replace', path: shown });
  }

  #carryOut(effect: LadderEffect): void {
    const { handle, screen } = this.#options;
    switch (effect.kind) {
      case 'open':
        this.#open(effect.path, effect.transport);
        break;
      case 'show': {
        const path = this.#entries.get(effect.path)?.path;
        if (!path) break;
        screen.show(path.element);
        const reason = this.#lastFailure?.reason;
        this.#lastFailure = undefined;
        handle({ kind: 'shown', path, ...present({ reason }) });
        break;
      }
      case 'close': {
        const path = this.#entries.get(effect.path)?.path;
        this.#entries.delete(effect.path);
        path?.close();
        if (path) screen.drop(path.element);
        break;
      }
      case 'refused':
        handle({ kind: 'refused', failure: effect.failure });
    }
  }

  #open(id: number, transport: TransportName): void {
    const { handle, opener, screen } = this.#options;
    handle({ kind: 'trying' });
    const path = opener.open(transport, (event) => this.#handle(id, event));
    if ('remedy' in path) {
      queueMicrotask(() => this.#failed(id, path));
      return;
    }
    this.#entries.set(id, { path, received: 0, painting: false });
    screen.add(path.element);
  }

  #handle(id: number, event: PathEvent): void {
    const entry = this.#entries.get(id);
    if (!entry || this.#closed) return;
    switch (event.kind) {
      case 'painted':
        if (!entry.painting) {
          entry.painting = true;
          this.climb({ kind: 'painted', path: id });
        }
        if (this.#ladder.shown === id) this.#options.handle(event);
        break;
      case 'message': {
        const { message } = event;
        const failure = messageFailure(message);
        if (failure) this.#failed(id, failure);
        else if (message.type === 'other') {
          if (this.#ladder.shown === id) this.#options.handle({ kind: 'other', text: message.text });
        } else this.#options.handle({ kind: 'message', message, path: id });
        break;
      }
      case 'player-failed':
        this.#playerFailed(id, event);
        break;
      case 'failed':
        this.#failed(id, event.failure);
        break;
      case 'stage':
        // Of what is opened beside a picture nobody wants to know the stages.
        if (this.#shownEntry === undefined) this.#options.handle(event);
        break;
      case 'blocked':
        this.#options.handle(event);
    }
  }

  #playerFailed(id: number, { player, failure }: Extract<PathEvent, { kind: 'player-failed' }>): void {
    if (!this.#options.opener.ruleOut(player, failure)) {
      this.#failed(id, { ...failure, remedy: 'other-transport' });
      return;
    }
    this.#lastFailure = failure;
    this.climb({ kind: 'replace', path: id });
  }

  #failed(id: number, failure: Failure): void {
    this.#lastFailure = failure;
    this.climb({ kind: 'failed', path: id, failure });
  }
}
