import { ClockOffset, type ClockSample, localNow } from '@pinhole/client';

const ASK_EVERY_MS = 10_000;
/** The shortest way of several is the truest. */
const FIRST_ASKED = 8;

/** How far the server's clock is from this page's, asked now and again by the server's own word for its health. */
export class ServerClock {
  readonly offset = new ClockOffset();
  readonly #ended = new AbortController();
  readonly #timer: ReturnType<typeof setInterval>;

  constructor() {
    this.#timer = setInterval(() => void this.#ask(), ASK_EVERY_MS);
    void this.#askOften();
  }

  close(): void {
    clearInterval(this.#timer);
    this.#ended.abort();
  }

  async #askOften(): Promise<void> {
    for (let i = 0; i < FIRST_ASKED && !this.#ended.signal.aborted; i++) await this.#ask();
  }

  async #ask(): Promise<void> {
    const sentAt = localNow();
    try {
      const response = await fetch('/health', { signal: this.#ended.signal, cache: 'no-store' });
      const receivedAt = localNow();
      const { timestamp } = (await response.json()) as { readonly timestamp: string };
      const serverTime = (Date.parse(timestamp) * 1000) as ClockSample['serverTime'];
      if (!Number.isNaN(serverTime)) this.offset.add({ sentAt, receivedAt, serverTime });
    } catch {
      // The server is away, and the connection to the room says so.
    }
  }
}
