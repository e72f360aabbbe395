import { type RefObject, useEffect, useMemo } from 'preact/compat';
import { moved, spanOf, type TimeWindow, timeAt, zoomed } from './time-window.ts';

/** What hands do to a timeline. */
export interface TimelineActions {
  /** What is shown now. */
  window(): TimeWindow;
  look(window: TimeWindow): void;
  /** Pressed, dragged or let go at a time. */
  scrub(atMs: number, phase: 'press' | 'drag' | 'release'): void;
  /** The pointer is over a time, or over none. */
  hover(atMs: number | undefined): void;
}

const WHEEL_ZOOM = 1.0015;
const KEEP_STILL_PIXELS = 3;

/** Wheel and pinch zoom, a sideways wheel or two fingers move, one finger or the mouse scrubs. */
export function useTimelineHands(track: RefObject<HTMLElement | null>, actions: TimelineActions): void {
  const hands = useMemo(() => new Hands(), []);
  hands.actions = actions;
  useEffect(() => {
    const element = track.current;
    return element ? hands.take(element) : undefined;
  }, [track, hands]);
}

class Hands {
  actions: TimelineActions | undefined;
  readonly #fingers = new Map<number, number>();
  #scrubbing = false;
  #pressedAt = 0;
  #moved = false;

  /** Listens. @returns a function that ends it */
  take(element: HTMLElement): () => void {
    const abort = new AbortController();
    const { signal } = abort;
    const on = <Name extends 'pointerdown' | 'pointermove' | 'pointerup' | 'pointercancel' | 'pointerleave'>(
      name: Name,
      act: (event: PointerEvent) => void,
    ): void => element.addEventListener(name, act, { signal });
    on('pointerdown', (event) => this.#down(element, event));
    on('pointermove', (event) => this.#move(element, event));
    on('pointerup', (event) => this.#up(element, event));
    on('pointercancel', (event) => this.#up(element, event));
    on('pointerleave', () => this.actions?.hover(undefined));
    // Not passive: the page must not scroll.
    element.addEventListener('wheel', (event) => this.#wheel(element, event), { signal, passive: false });
    return () => abort.abort();
  }

  #down(element: HTMLElement, event: PointerEvent): void {
    if (event.button !== 0) return;
    element.setPointerCapture(event.pointerId);
    this.#fingers.set(event.pointerId, event.clientX);
    if (this.#fingers.size > 1) {
      // A second finger: it was no scrubbing after all.
      this.#scrubbing = false;
      return;
    }
    this.#scrubbing = true;
    this.#moved = false;
    this.#pressedAt = event.clientX;
    this.actions?.scrub(timeUnder(element, event, this.actions.window()), 'press');
  }

  #move(element: HTMLElement, event: PointerEvent): void {
    const { actions } = this;
    if (!actions) return;
    const atMs = timeUnder(element, event, actions.window());
    actions.hover(event.pointerType === 'mouse' || this.#scrubbing ? atMs : undefined);
    const before = this.#fingers.get(event.pointerId);
    if (before === undefined) return;
    if (this.#fingers.size === 2) this.#pinch(element, event, before);
    this.#fingers.set(event.pointerId, event.clientX);
    this.#moved ||= Math.abs(event.clientX - this.#pressedAt) > KEEP_STILL_PIXELS;
    if (this.#scrubbing && this.#moved) actions.scrub(atMs, 'drag');
  }

  #up(element: HTMLElement, event: PointerEvent): void {
    const { actions } = this;
    if (!this.#fingers.delete(event.pointerId) || !actions) return;
    if (this.#scrubbing) actions.scrub(timeUnder(element, event, actions.window()), 'release');
    this.#scrubbing = false;
    if (event.pointerType !== 'mouse') actions.hover(undefined);
  }

  #pinch(element: HTMLElement, { pointerId, clientX }: PointerEvent, before: number): void {
    const { actions } = this;
    const [other] = [...this.#fingers].filter(([id]) => id !== pointerId).map(([, x]) => x);
    if (other === undefined || !actions) return;
    const { left, width } = element.getBoundingClientRect();
    const window = actions.window();
    const factor = Math.abs(before - other) / Math.max(10, Math.abs(clientX - other));
    const middle = timeAt(window, ((clientX + other) / 2 - left) / width);
    const shifted = moved(window, (-(clientX - before) / 2 / width) * spanOf(window));
    actions.look(zoomed(shifted, { factor, atMs: middle }));
  }

  #wheel(element: HTMLElement, event: WheelEvent): void {
    const { actions } = this;
    if (!actions) return;
    event.preventDefault();
    const window = actions.window();
    const pixels = event.deltaMode === 1 ? 16 : 1;
    const sideways = event.shiftKey ? event.deltaX || event.deltaY : event.deltaX;
    if (Math.abs(sideways) > Math.abs(event.deltaY) || event.shiftKey) {
      const { width } = element.getBoundingClientRect();
      actions.look(moved(window, ((sideways * pixels) / width) * spanOf(window)));
    } else {
      const factor = WHEEL_ZOOM ** (event.deltaY * pixels);
      actions.look(zoomed(window, { factor, atMs: timeUnder(element, event, window) }));
    }
  }
}

function timeUnder(element: HTMLElement, { clientX }: MouseEvent, window: TimeWindow): number {
  const { left, width } = element.getBoundingClientRect();
  return timeAt(window, Math.min(1, Math.max(0, (clientX - left) / width)));
}
