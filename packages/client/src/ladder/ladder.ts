import { Backoff, type Millis, millis } from '@pinhole/core';
import type { Failure } from '../transports/failure.ts';
import type { TransportName } from './transport-name.ts';

/** Something that happened to a path, or outside. `path` is the number that `open` gave it. */
export type LadderInput =
  | { readonly kind: 'start' }
  | { readonly kind: 'painted'; readonly path: number }
  /** Nothing arrives on it although the camera goes on. It may come back. */
  | { readonly kind: 'stalled'; readonly path: number }
  /** It is healthy and has no picture because the camera has none. */
  | { readonly kind: 'camera-waits'; readonly path: number }
  | { readonly kind: 'failed'; readonly path: number; readonly failure: Failure }
  /** It shows the picture but is to be replaced, as soon as another one paints. */
  | { readonly kind: 'replace'; readonly path: number }
  /** Nobody looks: nothing is opened until `wake`. */
  | { readonly kind: 'hold' }
  /** Network, page or machine came back: try now, unless the server refused. */
  | { readonly kind: 'wake' }
  /** The stream is another one: what it kept from a transport may be gone. */
  | { readonly kind: 'stream-changed' }
  | { readonly kind: 'tick' };

/** What its owner does next, in this order. */
export type LadderEffect =
  | { readonly kind: 'open'; readonly path: number; readonly transport: TransportName }
  /** Puts this path's picture on the page. */
  | { readonly kind: 'show'; readonly path: number }
  /** Ends the connection; the picture stays on the page until another one is shown. `failed`: it did not do its work. */
  | { readonly kind: 'close'; readonly path: number; readonly why: string; readonly failed: boolean }
  | { readonly kind: 'refused'; readonly failure: Failure };

/** A way to the pictures that is wanted and does not work. */
export interface UnavailableWay {
  readonly transport: TransportName;
  readonly code: string;
  /** For people: what happened. */
  readonly reason: string;
  /** Until the next try; without it there is none until the stream changes. */
  readonly nextInMs?: Millis;
}

interface Path {
  readonly transport: TransportName;
  phase: 'opening' | 'painting' | 'stalled' | 'retiring';
  since: Millis;
}

interface Rung {
  /** While there is no picture at all: soon. */
  readonly search: Backoff;
  /** While a lower rung shows the picture: with patience. */
  readonly climb: Backoff;
  notBefore: Millis;
  failure?: Failure;
  /** Useless until the stream changes. */
  barred: boolean;
}

/** A path without a picture for so long is given up. */
const OPENING_BUDGET_MS = 10_000;
/** A stalled path that is not shown may come back for so long. */
const STALLED_BUDGET_MS = 15_000;
/** A path that painted for so long was good: the next wait is the first one again. */
const STABLE_MS = 5_000;

/**
 * Decides which transports are opened, shown and closed, and when one is tried again; the only owner of retries.
 *
 * All transports start side by side and the first with a picture is shown. The list is in order of preference: when a
 * better one paints, it is shown and the worse are closed; when the shown one stalls or fails, all of its own kind and
 * below are opened at once, beside it, and it is closed when another one paints (make before break). Better ones that
 * failed are tried again with growing waits, so the picture climbs back up.
 */
export class Ladder {
  readonly #order: readonly TransportName[];
  readonly #rungs: ReadonlyMap<TransportName, Rung>;
  readonly #paths = new Map<number, Path>();
  #shown: number | undefined;
  #refused = false;
  #held = false;
  #lastPath = 0;

  constructor(order: readonly TransportName[], options: { readonly random?: () => number } = {}) {
    this.#order = order;
    this.#rungs = new Map(order.map((transport) => [transport, createRung(options)]));
  }

  /** The path whose picture is on the page. */
  get shown(): number | undefined {
    return this.#shown;
  }

  /** When nothing is open but what stalled: how often it failed, what happened last, and when the next try comes. */
  waiting(now: Millis): { tries: number; nextInMs: Millis; failure: Failure } | undefined {
    if ([...this.#paths.values()].some((path) => isHopeful(path))) return undefined;
    const rungs = [...this.#rungs.values()].filter((rung) => !rung.barred && rung.failure !== undefined);
    const [first] = rungs.toSorted((a, b) => a.notBefore - b.notBefore);
    if (!first?.failure) return undefined;
    const nextInMs = millis(Math.max(0, Math.round(first.notBefore - now)));
    return { tries: first.search.tries + first.climb.tries, nextInMs, failure: first.failure };
  }

  /** What is preferred to the picture there is, and failed. */
  unavailable(now: Millis): readonly UnavailableWay[] {
    const best = this.#bestPainting() ?? this.#order.length;
    return this.#order.slice(0, best).flatMap((transport) => {
      const { failure, barred, notBefore } = this.#rung(transport);
      if (!failure) return [];
      const { code, reason } = failure;
      const nextInMs = millis(Math.max(0, Math.round(notBefore - now)));
      return [{ transport, code, reason, ...(barred ? {} : { nextInMs }) }];
    });
  }

  /** Takes what happened. */
  handle(input: LadderInput, now: Millis): LadderEffect[] {
    const effects: LadderEffect[] = [];
    switch (input.kind) {
      case 'start':
        this.#refused = false;
        this.#wake(now);
        break;
      case 'wake':
        this.#wake(now);
        break;
      case 'hold':
        this.#held = true;
        break;
      case 'painted':
        this.#painted(input.path, now, effects);
        break;
      case 'stalled':
        this.#phase(input.path, 'stalled', now);
        break;
      case 'replace':
        this.#phase(input.path, 'retiring', now);
        break;
      case 'camera-waits':
        this.#cameraWaits(input.path, now);
        break;
      case 'failed':
        this.#failed(input.path, input.failure, now, effects);
        break;
      case 'stream-changed':
        for (const rung of this.#rungs.values()) rung.barred = false;
        break;
      case 'tick':
        this.#expire(now, effects);
        break;
    }
    if (!this.#refused && !this.#held) this.#openWhatIsNeeded(now, effects);
    return effects;
  }

  #wake(now: Millis): void {
    this.#held = false;
    for (const rung of this.#rungs.values()) {
      rung.notBefore = now;
      rung.search.reset();
      rung.climb.reset();
    }
  }

  #painted(id: number, now: Millis, effects: LadderEffect[]): void {
    const path = this.#paths.get(id);
    if (!path || path.phase === 'painting' || path.phase === 'retiring') return;
    path.phase = 'painting';
    path.since = now;
    delete this.#rung(path.transport).failure;
    const shown = this.#shown === undefined ? undefined : this.#paths.get(this.#shown);
    const worse = shown?.phase === 'painting' && this.#rank(path) > this.#rank(shown);
    if (worse) {
      this.#close(id, 'a better path shows the picture', effects);
      return;
    }
    if (this.#shown !== id) {
      this.#shown = id;
      effects.push({ kind: 'show', path: id });
    }
    for (const [other, { transport }] of this.#paths) {
      if (other === id || this.#order.indexOf(transport) < this.#rank(path)) continue;
      this.#close(other, 'another path shows the picture', effects);
    }
  }

  #phase(id: number, phase: Path['phase'], now: Millis): void {
    const path = this.#paths.get(id);
    if (!path || path.phase === phase || path.phase === 'retiring') return;
    path.phase = phase;
    path.since = now;
  }

  #cameraWaits(id: number, now: Millis): void {
    const path = this.#paths.get(id);
    if (path?.phase === 'opening') path.since = now;
  }

  #failed(id: number, failure: Failure, now: Millis, effects: LadderEffect[]): void {
    const path = this.#paths.get(id);
    if (!path) return;
    this.#paths.delete(id);
    effects.push({ kind: 'close', path: id, why: failure.code, failed: true });
    const rung = this.#rung(path.transport);
    rung.failure = failure;
    if (failure.remedy === 'refused') {
      this.#refuse(failure, effects);
      return;
    }
    if (failure.remedy === 'other-transport') {
      rung.barred = true;
      if ([...this.#rungs.values()].every(({ barred }) => barred)) this.#refuse(failure, effects);
      return;
    }
    if (path.phase === 'painting' && now - path.since >= STABLE_MS) {
      rung.search.reset();
      rung.climb.reset();
    }
    const waitMs = this.#bestPainting() === undefined ? rung.search.next() : rung.climb.next();
    rung.notBefore = millis(now + Math.max(waitMs, failure.retryAfterMs ?? 0));
  }

  #refuse(failure: Failure, effects: LadderEffect[]): void {
    this.#refused = true;
    for (const other of this.#paths.keys()) this.#close(other, failure.code, effects);
    effects.push({ kind: 'refused', failure });
  }

  #expire(now: Millis, effects: LadderEffect[]): void {
    for (const [id, path] of this.#paths) {
      if (path.phase === 'stalled' && id !== this.#shown && now - path.since >= STALLED_BUDGET_MS) {
        this.#close(id, 'it stalled for too long', effects);
      }
      if (path.phase !== 'opening' || now - path.since < OPENING_BUDGET_MS) continue;
      const reason = `No picture came by ${path.transport} within ${OPENING_BUDGET_MS / 1000} seconds.`;
      this.#failed(id, { code: `${path.transport}/no-picture`, reason, remedy: 'retry' }, now, effects);
    }
  }

  /** The heart: whatever is better than the picture we have, and has neither a path on its way nor a reason to wait. */
  #openWhatIsNeeded(now: Millis, effects: LadderEffect[]): void {
    const best = this.#bestPainting();
    for (const [rank, transport] of this.#order.entries()) {
      if (best !== undefined && rank >= best) return;
      const rung = this.#rung(transport);
      if (rung.barred) continue;
      const paths = [...this.#paths.values()].filter((path) => path.transport === transport);
      if (paths.some((path) => isHopeful(path))) continue;
      // Nothing is shown any more by what it waits behind: then a wait for climbing is too patient.
      if (best === undefined && rung.climb.tries > 0) {
        rung.climb.reset();
        rung.notBefore = now;
      }
      if (now < rung.notBefore) continue;
      const path = ++this.#lastPath;
      this.#paths.set(path, { transport, phase: 'opening', since: now });
      effects.push({ kind: 'open', path, transport });
    }
  }

  #bestPainting(): number | undefined {
    const ranks = [...this.#paths.values()]
      .filter((path) => path.phase === 'painting')
      .map((path) => this.#rank(path));
    return ranks.length === 0 ? undefined : Math.min(...ranks);
  }

  #close(id: number, why: string, effects: LadderEffect[]): void {
    if (this.#paths.delete(id)) effects.push({ kind: 'close', path: id, why, failed: false });
  }

  #rank(path: Path): number {
    return this.#order.indexOf(path.transport);
  }

  #rung(transport: TransportName): Rung {
    const rung = this.#rungs.get(transport);
    if (!rung) throw new Error(`transport ${transport} is not in the ladder`);
    return rung;
  }
}

const isHopeful = (path: Path): boolean => path.phase === 'opening' || path.phase === 'painting';

const createRung = (options: { readonly random?: () => number }): Rung => ({
  search: new Backoff({ firstMs: millis(250), maxMs: millis(5_000), ...options }),
  climb: new Backoff({ firstMs: millis(5_000), maxMs: millis(60_000), ...options }),
  notBefore: millis(0),
  barred: false,
});
