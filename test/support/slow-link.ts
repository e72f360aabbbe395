/** A link that carries so much, and what waits before it. */
export interface SlowLinkOptions {
  readonly bitsPerSecond: number;
  /** What would wait longer is lost. */
  readonly queueMs: number;
}

/** Headers of IP and UDP, which a link carries too. */
const HEADER_BYTES = 28;

/** Datagrams on their way over a slow link, one after the other, as `tc tbf` with a bounded queue lets them pass. */
export class SlowLink {
  readonly #options: SlowLinkOptions;
  readonly #waiting: { readonly dueMs: number; readonly send: () => void }[] = [];
  #freeAtMs = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: SlowLinkOptions) {
    this.#options = options;
  }

  /** @returns false where the queue is full: it is lost. */
  carry(bytes: number, send: () => void): boolean {
    const { bitsPerSecond, queueMs } = this.#options;
    const now = performance.now();
    const startMs = Math.max(now, this.#freeAtMs);
    if (startMs - now > queueMs) return false;
    this.#freeAtMs = startMs + ((bytes + HEADER_BYTES) * 8000) / bitsPerSecond;
    this.#waiting.push({ dueMs: this.#freeAtMs, send });
    this.#timer ??= setTimeout(() => this.#drain(), this.#freeAtMs - now);
    return true;
  }

  /** What waits passes at once: the link is slow no more. */
  open(): void {
    clearTimeout(this.#timer);
    for (const { send } of this.#waiting.splice(0)) send();
  }

  #drain(): void {
    const now = performance.now();
    while ((this.#waiting[0]?.dueMs ?? Number.POSITIVE_INFINITY) <= now) this.#waiting.shift()?.send();
    const next = this.#waiting[0];
    this.#timer = next && setTimeout(() => this.#drain(), Math.max(0, next.dueMs - now));
  }
}
