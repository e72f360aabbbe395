import { Emitter, type Listener, type Millis, millis } from '@pinhole/core';
import type { LiveServerMessage } from '@pinhole/protocol/live';
import { ClockOffset } from './clock/clock-offset.ts';
import { localNow } from './clock/local-clock.ts';
import { endpointsOf } from './endpoints.ts';
import { Ladder, type LadderEffect, type LadderInput } from './ladder/ladder.ts';
import type { LatencySummary } from './latency/latency-window.ts';
import type { LivePlayerEvents, LivePlayerOptions } from './live-player-options.ts';
import type { LiveState } from './liveness/live-state.ts';
import { initialLiveness, type Liveness, type LivenessInput, step } from './liveness/liveness.ts';
import { PathOpener } from './paths/path-opener.ts';
import type { PathEvent, PicturePath } from './paths/picture-path.ts';
import { PlayerMeter } from './player-meter.ts';
import type { PlayerStats } from './player-stats.ts';
import type { PaintedFrame, PictureElement } from './players/player.ts';
import { Screen, type SnapshotOptions } from './screen.ts';
import { isVisible, type SurroundingsEvent, watchSurroundings } from './surroundings.ts';
import { messageFailure } from './transports/message-failure.ts';

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
  readonly #ladder: Ladder;
  readonly #opener: PathOpener;
  readonly #paths = new Map<number, { readonly path: PicturePath; received: number; painted: boolean }>();
  #liveness: Liveness = initialLiveness;
  #changedAt = millis(0);
  #tickedAt = millis(0);
  #measuredAt = millis(0);
  #hiddenAt: Millis | undefined;
  #paused = false;
  #pausedByCaller = false;
  #lastReason: string | undefined;
  #bFrames: boolean | undefined;
  #timer: ReturnType<typeof setInterval> | undefined;
  #unwatch: (() => void) | undefined;

  /** @throws {PinholeError} `client/address` when the options name no camera */
  constructor(options: LivePlayerOptions) {
    this.#options = options;
    const endpoints = endpointsOf(options, document.baseURI);
    const token = options.token ?? endpoints.token;
    this.#screen = new Screen(options.container);
    this.#ladder = new Ladder(options.transports ?? ['webrtc']);
    this.#opener = new PathOpener({
      ...options,
      ...(token === undefined ? {} : { token }),
      endpoints,
      clock: this.#clock,
    });
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

  /** Capture→paint of the last frames. */
  get latency(): LatencySummary | undefined {
    return this.#meter.latency;
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
    const now = localNow();
    this.#meter.opened(now);
    if (this.#timer === undefined) {
      this.#timer = setInterval(() => this.#tick(), TICK_MS);
      this.#unwatch = watchSurroundings((event) => this.#handleSurroundings(event));
      signal?.addEventListener('abort', this.#abort);
      this.#tickedAt = now;
      this.#learn({ kind: 'network', online: navigator.onLine });
      if (!isVisible()) this.#handleSurroundings({ kind: 'page', visible: false });
    }
    this.#climb({ kind: 'start' });
    return this;
  }

  /** The statistics of the last second; `undefined` before there is a picture. */
  stats(): PlayerStats | undefined {
    return this.#meter.stats;
  }

  /**
   * The picture on the page as a file.
   * @throws {PinholeError} `client/no-picture`
   */
  snapshot(options: SnapshotOptions = {}): Promise<Blob> {
    return this.#screen.snapshot(options);
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
    for (const { path } of this.#paths.values()) {
      path.close();
      path.element.remove();
    }
    this.#paths.clear();
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
    if (gapMs >= SLEPT_MS && this.#hiddenAt === undefined) this.#awakeFromSleep();
    for (const entry of this.#paths.values()) {
      if (entry.path.received === entry.received) continue;
      entry.received = entry.path.received;
      this.#learn({ kind: 'received' });
    }
    this.#climb({ kind: 'tick' });
    this.#learn({ kind: 'tick' });
    if (this.#hiddenAt === undefined) this.#actOnStandstill(now);
    if (now - this.#measuredAt >= STATS_MS) this.#measure(now);
  }

  /** A new connection is made beside one that brings nothing (the old one is closed when the new one paints). */
  #actOnStandstill(now: Millis): void {
    const { state } = this;
    const { shown } = this.#ladder;
    if (shown === undefined || state.kind !== 'frozen' || state.cause === 'camera') return;
    if (state.cause === 'decoder' && now - this.#changedAt < DECODER_PATIENCE_MS) return;
    const entry = this.#paths.get(shown);
    if (entry) entry.painted = false;
    this.#climb({ kind: 'stalled', path: shown });
  }

  #measure(now: Millis): void {
    this.#measuredAt = now;
    const shown = this.#shownPath();
    if (!shown) return;
    void this.#meter.measure(shown, now).then((stats) => {
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
    if (state.kind === 'frozen') {
      if (before.kind !== 'frozen') this.#meter.froze();
      if (state.cause === 'decoder') this.#shownPath()?.say({ type: 'key-frame' });
    }
    this.#emitter.emit('state', state);
  }

  #climb(input: LadderInput): void {
    if (this.state.kind === 'closed') return;
    const now = localNow();
    for (const effect of this.#ladder.handle(input, now)) this.#carryOut(effect);
    const waiting = this.#ladder.waiting(now);
    // Counted from the failure on; each tick would make another state of it.
    if (waiting && input.kind === 'failed') {
      this.#learn({ kind: 'waiting', ...waiting, reason: waiting.failure.reason });
    }
  }

  #carryOut(effect: LadderEffect): void {
    switch (effect.kind) {
      case 'open': {
        this.#learn({ kind: 'trying' });
        const path = this.#opener.open(effect.transport, (event) => this.#handlePath(effect.path, event));
        this.#paths.set(effect.path, { path, received: 0, painted: false });
        this.#screen.add(path.element);
        break;
      }
      case 'show': {
        const path = this.#paths.get(effect.path)?.path;
        if (!path) break;
        this.#screen.show(path.element);
        this.#meter.shown();
        const reason = this.#lastReason === undefined ? {} : { reason: this.#lastReason };
        this.#emitter.emit('transport', { transport: path.transport, player: path.player, ...reason });
        break;
      }
      case 'close': {
        const path = this.#paths.get(effect.path)?.path;
        this.#paths.delete(effect.path);
        path?.close();
        if (path) this.#screen.drop(path.element);
        break;
      }
      case 'refused':
        this.#learn({ kind: 'refused', code: effect.failure.code, reason: effect.failure.reason });
    }
  }

  #handlePath(id: number, event: PathEvent): void {
    const entry = this.#paths.get(id);
    if (!entry) return;
    switch (event.kind) {
      case 'stage':
        this.#learn(event);
        break;
      case 'painted':
        if (!entry.painted) {
          entry.painted = true;
          this.#climb({ kind: 'painted', path: id });
        }
        if (this.#ladder.shown === id) {
          const latencyMs = this.#meter.painted(event.frame);
          this.#learn(latencyMs === undefined ? { kind: 'painted' } : { kind: 'painted', latencyMs });
        }
        break;
      case 'message':
        this.#handleMessage(id, event.message);
        break;
      case 'blocked':
        this.#learn(event);
        break;
      case 'player-failed':
        this.#lastReason = event.failure.reason;
        if (this.#opener.rule(event.player, event.failure)) this.#climb({ kind: 'replace', path: id });
        else this.#climb({ kind: 'failed', path: id, failure: event.failure });
        break;
      case 'failed':
        this.#lastReason = event.failure.reason;
        this.#climb({ kind: 'failed', path: id, failure: event.failure });
    }
  }

  #handleMessage(id: number, message: LiveServerMessage): void {
    if (message.type === 'status') this.#handleStatus(id, message);
    else if (message.type === 'config') {
      const changed = this.#bFrames !== undefined && this.#bFrames !== message.bFrames;
      this.#bFrames = message.bFrames;
      if (changed) this.#climb({ kind: 'stream-changed' });
    } else if (message.type === 'error' || message.type === 'bye') {
      const failure = messageFailure(message);
      if (failure) this.#handlePath(id, { kind: 'failed', failure });
    }
  }

  #handleStatus(id: number, status: Extract<LiveServerMessage, { type: 'status' }>): void {
    const { source, lastSequence } = status;
    const wasGone = this.#liveness.facts.source !== undefined && this.#liveness.facts.source.kind !== 'live';
    const before = this.#liveness.facts.sequence;
    this.#learn({ kind: 'heartbeat', source, ...(lastSequence === undefined ? {} : { lastSequence }) });
    if (source.kind !== 'live' || lastSequence === undefined || lastSequence === before) {
      this.#climb({ kind: 'camera-waits', path: id });
    } else if (wasGone) this.#climb({ kind: 'wake' });
  }

  #handleSurroundings(event: SurroundingsEvent): void {
    switch (event.kind) {
      case 'network':
        this.#learn(event);
        if (event.online) this.#climb({ kind: 'wake' });
        break;
      case 'network-changed':
        this.#climb({ kind: 'wake' });
        break;
      case 'page':
        if (event.visible) this.#awake();
        else this.#hiddenAt ??= localNow();
        this.#learn({ kind: 'page', visible: event.visible });
        break;
      case 'page-hide':
        for (const { path } of this.#paths.values()) path.close();
        break;
      case 'page-show':
        for (const [path] of [...this.#paths]) {
          const failure = {
            code: 'client/page-hidden',
            reason: 'The page was left.',
            remedy: 'retry',
          } as const;
          this.#climb({ kind: 'failed', path, failure });
        }
        this.#awake();
    }
  }

  /** Nobody looks: no pictures, no new connections. */
  #suspend(): void {
    if (this.#paused) return;
    this.#paused = true;
    this.#learn({ kind: 'page', visible: false });
    this.#climb({ kind: 'hold' });
    for (const { path } of this.#paths.values()) path.pause();
  }

  #awake(): void {
    this.#hiddenAt = undefined;
    if (this.#pausedByCaller) return;
    this.#tickedAt = localNow();
    if (this.#paused) {
      this.#paused = false;
      for (const { path } of this.#paths.values()) path.resume();
    }
    this.#learn({ kind: 'page', visible: true });
    this.#climb({ kind: 'wake' });
  }

  /** The local clock may have stood still, and connections may be gone without a word. */
  #awakeFromSleep(): void {
    this.#clock.reset();
    const { shown } = this.#ladder;
    this.#climb({ kind: 'wake' });
    if (shown === undefined) return;
    const entry = this.#paths.get(shown);
    if (entry) entry.painted = false;
    this.#climb({ kind: 'stalled', path: shown });
  }

  #shownPath(): PicturePath | undefined {
    return this.#ladder.shown === undefined ? undefined : this.#paths.get(this.#ladder.shown)?.path;
  }
}
