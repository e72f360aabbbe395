import { Emitter, type Listener, type Millis, micros, millis } from '@pinhole/core';
import type { LiveServerMessage } from '@pinhole/protocol/live';
import { ClockOffset } from './clock/clock-offset.ts';
import { localNow } from './clock/local-clock.ts';
import type { ControlMessage } from './controls/control-types.ts';
import type { UnavailableWay } from './ladder/ladder.ts';
import type { LatencySummary } from './latency/latency-window.ts';
import type { LivePlayerEvents, LivePlayerOptions, PictureWays } from './live-player-options.ts';
import type { LiveState } from './liveness/live-state.ts';
import { initialLiveness, type Liveness, type LivenessInput, step } from './liveness/liveness.ts';
import type { BoardRelay } from './paths/board-relay.ts';
import type { BoardEvent } from './paths/path-board.ts';
import type { PathOpener } from './paths/path-opener.ts';
import { PlayerMeter } from './player-meter.ts';
import { createParts } from './player-parts.ts';
import type { PlayerStats } from './player-stats.ts';
import type { PaintedFrame, PictureElement } from './players/player.ts';
import type { PlayerName } from './players/player-name.ts';
import { present } from './present.ts';
import type { Screen, SnapshotOptions } from './screen.ts';
import { isVisible, type SurroundingsEvent, watchSurroundings } from './surroundings.ts';

const TICK_MS = 200;
const STATS_MS = 1_000;
/** Timers stood still for longer than this while the page was visible: the machine slept. */
const SLEPT_MS = 4_000;
/** A page that is hidden for a moment only keeps its pictures. */
const PAUSE_AFTER_HIDDEN_MS = 3_000;
/** A decoder gets a key frame, and so much time, before another path is opened. */
const DECODER_PATIENCE_MS = 2_000;

/**
 * One camera on the page, kept alive. It connects by all transports side by side and shows the first picture, prefers
 * WebRTC, falls back and climbs back (see `Ladder`), and tells at all times what the picture is (see `step`).
 *
 * ```ts
 * const player = new LivePlayer({ url: '/whep/door', token, container });
 * player.on('state', ({ kind, reason }) => show(kind, reason));
 * player.open();
 * ```
 */
export class LivePlayer {
  readonly #options: LivePlayerOptions;
  readonly #emitter = new Emitter<LivePlayerEvents>({ onListenerError: reportError });
  readonly #clock = new ClockOffset();
  readonly #meter = new PlayerMeter(this.#clock);
  readonly #screen: Screen;
  readonly #opener: () => PathOpener;
  readonly #board: BoardRelay<PictureWays>;
  #ways: PictureWays;
  #liveness: Liveness = initialLiveness;
  #changedAt = millis(0);
  #tickedAt = millis(0);
  #measuredAt = millis(0);
  #hiddenAt: Millis | undefined;
  #paused = false;
  #pausedByCaller = false;
  #bFrames: boolean | undefined;
  #timer: ReturnType<typeof setInterval> | undefined;
  #unwatch: (() => void) | undefined;

  /** @throws {PinholeError} `client/address` when the options name no camera */
  constructor(options: LivePlayerOptions) {
    this.#options = options;
    const parts = createParts(options, { clock: this.#clock, handle: (event) => this.#handleBoard(event) });
    this.#screen = parts.screen;
    this.#opener = parts.opener;
    this.#board = parts.boards;
    this.#ways = options;
  }

  /** What the picture is now. */
  get state(): LiveState {
    return this.#liveness.state;
  }

  /** The element that shows the picture; another one after each `transport` event. */
  get element(): PictureElement | undefined {
    return this.#screen.shown;
  }

  /** The last frame that was painted. */
  get lastFrame(): PaintedFrame | undefined {
    return this.#meter.lastFrame;
  }

  /** Capture→paint of the last frames; `undefined` until clocks and capture times are known. */
  get latency(): LatencySummary | undefined {
    return this.#meter.latency;
  }

  /** Statistics of the last second; `undefined` before there is a picture. */
  stats(): PlayerStats | undefined {
    return this.#meter.stats;
  }

  /** Why this browser cannot use a player, in words; `undefined` when it can. */
  problemOf(player: PlayerName): string | undefined {
    return this.#opener().problemOf(player);
  }

  /** Ways that are wanted and do not work now, and why. */
  get unavailable(): readonly UnavailableWay[] {
    return this.#board.unavailable;
  }

  /**
   * Calls `listener` at each `name` from now on.
   * @returns a function that ends it
   */
  on<Name extends keyof LivePlayerEvents>(
    name: Name,
    listener: Listener<LivePlayerEvents[Name]>,
  ): () => void {
    return this.#emitter.on(name, listener);
  }

  /** Connects and plays until `close`. Called again after a refusal, it tries once more. */
  open(): this {
    const { signal } = this.#options;
    if (this.state.kind === 'closed' || signal?.aborted) return this;
    if (this.#timer === undefined) {
      this.#tickedAt = localNow();
      this.#meter.opened(this.#tickedAt);
      this.#timer = setInterval(() => this.#tick(), TICK_MS);
      this.#unwatch = watchSurroundings((event) => this.#handleSurroundings(event));
      signal?.addEventListener('abort', this.#abort);
      this.#learn({ kind: 'network', online: navigator.onLine });
      if (!isVisible()) this.#suspend();
    }
    if (!this.#paused) this.#board.climb({ kind: 'start' });
    return this;
  }

  /** Plays by these ways from now on; the picture on the page goes on until one of them has the next. */
  use(ways: PictureWays): void {
    this.#ways = ways;
    this.reconnect();
  }

  /** Opens everything anew; the picture on the page goes on until there is another. */
  reconnect(): void {
    if (this.state.kind === 'closed') return;
    this.#board.change(this.#ways);
    if (this.#timer !== undefined && !this.#paused) this.#board.climb({ kind: 'start' });
  }

  /**
   * The picture on the page as a file.
   * @throws {PinholeError} `client/no-picture`
   */
  snapshot(options: SnapshotOptions = {}): Promise<Blob> {
    return this.#screen.snapshot(options);
  }

  /**
   * Says something to the server on the connection whose picture is on the page; without one it is lost. What comes back
   * is told as `message`. `LiveControls` of `@pinhole/client/controls` does so.
   */
  say(message: ControlMessage): void {
    this.#board.shown?.say(message);
  }

  /** Nobody looks (a tile scrolled away): no pictures are sent until `resume`. */
  pause(): void {
    this.#pausedByCaller = true;
    this.#suspend();
  }

  /** Goes on after `pause`. */
  resume(): void {
    this.#pausedByCaller = false;
    if (isVisible()) this.#awake();
  }

  /** Ends everything and takes the picture off the page. May be called again. */
  close(): void {
    if (this.state.kind === 'closed') return;
    clearInterval(this.#timer);
    this.#unwatch?.();
    this.#options.signal?.removeEventListener('abort', this.#abort);
    this.#board.close();
    this.#screen.clear();
    this.#learn({ kind: 'closed' });
  }

  readonly #abort = (): void => this.close();

  #tick(): void {
    const now = localNow();
    const gapMs = now - this.#tickedAt;
    this.#tickedAt = now;
    if (this.#hiddenAt !== undefined && now - this.#hiddenAt >= PAUSE_AFTER_HIDDEN_MS) this.#suspend();
    if (this.#paused) return;
    if (this.#board.takeReceived()) this.#learn({ kind: 'received' });
    if (this.#hiddenAt !== undefined) return;
    if (gapMs >= SLEPT_MS) this.#awakeFromSleep();
    this.#board.climb({ kind: 'tick' });
    this.#learn({ kind: 'tick' });
    this.#actOnStandstill(now);
    if (now - this.#measuredAt >= STATS_MS) this.#measure(now);
  }

  #actOnStandstill(now: Millis): void {
    const { state } = this;
    if (state.kind !== 'frozen' || state.cause === 'camera') return;
    if (state.cause === 'decoder' && now - this.#changedAt < DECODER_PATIENCE_MS) return;
    this.#board.stall();
  }

  #measure(now: Millis): void {
    this.#measuredAt = now;
    const { shown } = this.#board;
    if (!shown) return;
    this.#meter.measure(shown, now).then((stats) => {
      if (this.state.kind === 'closed') return;
      if (stats) this.#emitter.emit('stats', stats);
      if (this.latency) this.#emitter.emit('latency', this.latency);
    }, reportError);
  }

  #learn(input: LivenessInput): void {
    const before = this.state;
    this.#liveness = step(this.#liveness, input, localNow());
    const { state } = this;
    if (state === before) return;
    this.#changedAt = localNow();
    if (state.kind === 'frozen' && before.kind !== 'frozen') this.#meter.froze();
    if (state.code === 'frozen/decoder') this.#board.shown?.say({ type: 'key-frame' });
    this.#emitter.emit('state', state);
  }

  #handleBoard(event: BoardEvent): void {
    switch (event.kind) {
      case 'painted': {
        const latencyMs = this.#meter.painted(event.frame);
        this.#learn({ kind: 'painted', latencyMs, captureTime: event.frame.captureTime });
        break;
      }
      case 'shown': {
        this.#meter.shown();
        const { path, reason } = event;
        const { transport, player } = path;
        this.#emitter.emit('transport', { transport, player, ...present({ reason }) });
        break;
      }
      case 'message':
        this.#handleMessage(event.message, event.path);
        break;
      case 'other':
        this.#emitter.emit('message', event.text);
        break;
      case 'refused':
        this.#learn({ kind: 'refused', code: event.failure.code, reason: event.failure.reason });
        break;
      case 'trying':
      case 'stage':
      case 'blocked':
      case 'waiting':
        this.#learn(event);
    }
  }

  #handleMessage(message: LiveServerMessage, path: number): void {
    if (message.type === 'config') {
      // What kept a stream from WebRTC may be gone.
      const changed = this.#bFrames === true && !message.bFrames;
      this.#bFrames = message.bFrames;
      if (changed) this.#board.climb({ kind: 'stream-changed' });
    } else if (message.type === 'delivery') {
      this.#meter.delivered(message);
    } else if (message.type === 'status') {
      const { source, lastSequence, lastCaptureUs } = message;
      const before = this.#liveness.facts;
      const lastCapture = lastCaptureUs === undefined ? undefined : micros(lastCaptureUs);
      this.#learn({ kind: 'heartbeat', source, lastSequence, lastCapture });
      const still = source.kind !== 'live' || lastSequence === undefined || lastSequence === before.sequence;
      if (still) this.#board.climb({ kind: 'camera-waits', path });
      else if (before.source !== undefined && before.source.kind !== 'live')
        this.#board.climb({ kind: 'wake' });
    }
  }

  #handleSurroundings(event: SurroundingsEvent): void {
    switch (event.kind) {
      case 'network':
        this.#learn(event);
        if (event.online) this.#board.climb({ kind: 'wake' });
        break;
      case 'network-changed':
        this.#board.climb({ kind: 'wake' });
        break;
      case 'page':
        if (event.visible) this.#awake();
        else {
          this.#hiddenAt ??= localNow();
          this.#learn({ kind: 'page', visible: false });
        }
        break;
      case 'page-hide':
        this.#board.leave();
        break;
      case 'page-show':
        this.#board.fail({ code: 'client/page-left', reason: 'The page was left.', remedy: 'retry' });
        this.#awake();
    }
  }

  #suspend(): void {
    if (this.#paused) return;
    this.#paused = true;
    this.#learn({ kind: 'page', visible: false });
    this.#board.pause();
  }

  #awake(): void {
    this.#hiddenAt = undefined;
    if (this.#pausedByCaller || this.state.kind === 'closed') return;
    this.#tickedAt = localNow();
    if (this.#paused) {
      this.#paused = false;
      this.#board.resume();
    }
    this.#learn({ kind: 'page', visible: true });
    this.#board.climb({ kind: 'wake' });
  }

  /** The local clock may have stood still, and connections may be gone without a word. */
  #awakeFromSleep(): void {
    this.#clock.reset();
    this.#board.climb({ kind: 'wake' });
    this.#board.stall();
  }
}
