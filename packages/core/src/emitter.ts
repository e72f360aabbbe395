/** Takes one event's argument. */
export type Listener<T> = (event: T) => void;

/**
 * Typed events for rare things (state changes, not frames). A listener that throws does not keep the others from
 * being called; what it threw goes to `onListenerError`.
 */
export class Emitter<Events extends object> {
  readonly #listeners = new Map<keyof Events, Set<Listener<never>>>();
  readonly #onListenerError: (thrown: unknown) => void;

  constructor(options: { readonly onListenerError?: (thrown: unknown) => void } = {}) {
    this.#onListenerError = options.onListenerError ?? (() => {});
  }

  /**
   * Calls `listener` at each `name` from now on.
   * @returns a function that ends it.
   */
  on<Name extends keyof Events>(name: Name, listener: Listener<Events[Name]>): () => void {
    const listeners = this.#listeners.get(name) ?? new Set();
    this.#listeners.set(name, listeners);
    listeners.add(listener);
    return () => listeners.delete(listener);
  }

  /** Calls every listener of `name`, in the order they came. */
  emit<Name extends keyof Events>(name: Name, event: Events[Name]): void {
    for (const listener of Array.from(this.#listeners.get(name) ?? [])) {
      try {
        (listener as Listener<Events[Name]>)(event);
      } catch (thrown) {
        this.#onListenerError(thrown);
      }
    }
  }
}
