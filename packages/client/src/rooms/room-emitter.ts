/** Takes what an event carries. */
export type RoomListener<Arguments extends readonly unknown[]> = (...event: Arguments) => void;

type Lists<Events> = { readonly [Name in keyof Events]: readonly unknown[] };

/**
 * Events as Node's `EventEmitter` has them, typed, and the same in browsers: listeners can be taken off by either name,
 * an `error` that nobody listens to harms nobody, and a listener that throws keeps no other from being called.
 */
export class RoomEmitter<Events extends Lists<Events>> {
  readonly #listeners = new Map<keyof Events, { readonly call: unknown; readonly once: boolean }[]>();
  readonly #broken: (thrown: unknown) => void;

  /** @param broken takes what a listener threw */
  constructor(broken: (thrown: unknown) => void = () => {}) {
    this.#broken = broken;
  }

  /** Calls `listener` at each `name`. */
  on<Name extends keyof Events>(name: Name, listener: RoomListener<Events[Name]>): this {
    return this.#add(name, { call: listener, once: false });
  }

  /** The same as `on`. */
  addListener<Name extends keyof Events>(name: Name, listener: RoomListener<Events[Name]>): this {
    return this.on(name, listener);
  }

  /** Calls `listener` at the next `name` only. */
  once<Name extends keyof Events>(name: Name, listener: RoomListener<Events[Name]>): this {
    return this.#add(name, { call: listener, once: true });
  }

  /** Takes off what `on` or `once` put there. */
  off<Name extends keyof Events>(name: Name, listener: RoomListener<Events[Name]>): this {
    const list = this.#listeners.get(name) ?? [];
    const at = list.findLastIndex(({ call }) => call === listener);
    if (at !== -1) this.#listeners.set(name, list.toSpliced(at, 1));
    return this;
  }

  /** The same as `off`. */
  removeListener<Name extends keyof Events>(name: Name, listener: RoomListener<Events[Name]>): this {
    return this.off(name, listener);
  }

  /** Takes off all listeners, of one event or of all. */
  removeAllListeners(name?: keyof Events): this {
    if (name === undefined) this.#listeners.clear();
    else this.#listeners.delete(name);
    return this;
  }

  listenerCount(name: keyof Events): number {
    return this.#listeners.get(name)?.length ?? 0;
  }

  /** @returns whether anybody listened */
  emit<Name extends keyof Events>(name: Name, ...event: Events[Name]): boolean {
    const list = this.#listeners.get(name) ?? [];
    for (const { call, once } of list) {
      const listener = call as RoomListener<Events[Name]>;
      if (once) this.off(name, listener);
      try {
        listener(...event);
      } catch (thrown) {
        // An `error` listener that throws has nobody left to tell.
        if (name !== 'error') this.#broken(thrown);
      }
    }
    return list.length > 0;
  }

  #add(name: keyof Events, listener: { readonly call: unknown; readonly once: boolean }): this {
    this.#listeners.set(name, [...(this.#listeners.get(name) ?? []), listener]);
    return this;
  }
}
