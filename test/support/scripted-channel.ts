import type { DataChannel } from '@pinhole/engine';

/** How a scripted channel carries what it is given: at once, or when the test says so. */
export type ScriptedLink = 'fast' | 'stalled';

/** A data channel without a network: a test reads what was sent, and says what comes. */
export class ScriptedChannel implements DataChannel {
  readonly id: number;
  readonly label: string;
  readonly sent: (string | Uint8Array)[] = [];
  /** The most that ever waited. */
  mostBuffered = 0;
  link: ScriptedLink;
  /** Longer messages the peer does not take. */
  longestBytes = 262_144;
  #buffered = 0;
  #closed = false;
  readonly #listeners = new Set<(message: string | Uint8Array) => void>();
  readonly #closedListeners: (() => void)[] = [];
  #waiters: { readonly bytes: number; readonly listener: () => void }[] = [];
  readonly #taken: ((sent: readonly (string | Uint8Array)[]) => void)[] = [];

  constructor(id: number, link: ScriptedLink = 'fast') {
    this.id = id;
    this.label = String(id);
    this.link = link;
  }

  get bufferedAmount(): number {
    return this.#buffered;
  }

  /** What was sent in binary, in order. */
  get binary(): readonly Uint8Array[] {
    return this.sent.filter((message) => typeof message !== 'string');
  }

  send(message: string | Uint8Array): boolean {
    const size = typeof message === 'string' ? Buffer.byteLength(message) : message.byteLength;
    if (this.#closed || this.#buffered + size > 2 ** 20 || size > this.longestBytes) return false;
    this.sent.push(typeof message === 'string' ? message : message.slice());
    this.#buffered += size;
    this.mostBuffered = Math.max(this.mostBuffered, this.#buffered);
    for (const look of this.#taken) look(this.sent);
    if (this.link === 'fast') setImmediate(() => this.drain(size));
    return true;
  }

  whenAtMost(bytes: number, listener: () => void): void {
    if (this.#closed || this.#buffered <= bytes) listener();
    else this.#waiters.push({ bytes, listener });
  }

  subscribe(listener: (message: string | Uint8Array) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  closed(listener: () => void): void {
    if (this.#closed) listener();
    else this.#closedListeners.push(listener);
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#buffered = 0;
    for (const listener of this.#closedListeners) listener();
    this.#wake();
  }

  /** The peer says something. */
  say(message: string | Uint8Array): void {
    for (const listener of this.#listeners) listener(message);
  }

  /** So many bytes leave, or all. */
  drain(bytes = this.#buffered): void {
    this.#buffered = Math.max(0, this.#buffered - bytes);
    this.#wake();
  }

  /** Resolves when so many messages were sent. */
  async sentAtLeast(count: number): Promise<void> {
    await this.until((sent) => sent.length >= count);
  }

  /** Resolves when what was sent is as it should be. */
  async until(isSo: (sent: readonly (string | Uint8Array)[]) => boolean): Promise<void> {
    if (isSo(this.sent)) return;
    await new Promise<void>((resolve) => {
      const look = (sent: readonly (string | Uint8Array)[]): void => {
        if (isSo(sent)) resolve();
      };
      this.#taken.push(look);
    });
  }

  #wake(): void {
    const due = this.#waiters.filter(({ bytes }) => this.#closed || this.#buffered <= bytes);
    this.#waiters = this.#waiters.filter((waiter) => !due.includes(waiter));
    for (const { listener } of due) listener();
  }
}
