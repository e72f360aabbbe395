/** One timer for several deadlines that move often: it is set anew only when one comes before it. */
export class OneTimer {
  readonly #options: {
    readonly nowMs: () => number;
    readonly after: (ms: number, done: () => void) => () => void;
    /** May come before anything is due: it looks, and sets the timer again. */
    readonly due: () => void;
  };
  #set: { readonly atMs: number; readonly cancel: () => void } | undefined;

  constructor(options: {
    readonly nowMs: () => number;
    readonly after: (ms: number, done: () => void) => () => void;
    readonly due: () => void;
  }) {
    this.#options = options;
  }

  /** Sees to it that `due` is called at the first of these moments. */
  set(moments: readonly (number | undefined)[]): void {
    const atMs = Math.min(...moments.filter((moment) => moment !== undefined));
    if (!Number.isFinite(atMs) || (this.#set && this.#set.atMs <= atMs)) return;
    this.cancel();
    const { nowMs, after, due } = this.#options;
    const cancel = after(Math.max(0, atMs - nowMs()), () => {
      this.#set = undefined;
      due();
    });
    this.#set = { atMs, cancel };
  }

  cancel(): void {
    this.#set?.cancel();
    this.#set = undefined;
  }
}
