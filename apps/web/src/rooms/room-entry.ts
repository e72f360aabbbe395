import type { RoomsError } from '@pinhole/client/rooms';
import { signal } from '@preact/signals';
import { Happenings } from './happenings.ts';
import { actionFor, isFinal, type LinkState, sentence } from './link-state.ts';

/** The server was not there when the page came to the room. */
const RETRY_MS = 2000;

/** The way of this page into a room, tried again until it comes about or a person has to do something, and its story. */
export class RoomEntry {
  readonly link = signal<LinkState>({ kind: 'connecting' });
  readonly happenings = new Happenings();
  #retry: ReturnType<typeof setTimeout> | undefined;
  #closed = false;

  /** The page left: what comes afterwards is not told. */
  get closed(): boolean {
    return this.#closed;
  }

  /** Enters by `enter`, which rejects with a {@link RoomsError}. */
  async open(enter: () => Promise<void>, tries = 0): Promise<void> {
    try {
      await enter();
    } catch (thrown) {
      if (this.#closed) return;
      const error = thrown as RoomsError;
      if (isFinal(error)) {
        this.#end(error);
        return;
      }
      const reason = error.code === 'rooms/connect' ? 'The server does not answer.' : sentence(error.message);
      const waitMs = Math.max(RETRY_MS, error.retryAfterMs ?? 0);
      this.link.value = { kind: 'reconnecting', reason, nextAt: Date.now() + waitMs, tries: tries + 1 };
      this.happenings.add(reason);
      this.#retry = setTimeout(() => void this.open(enter, tries + 1), waitMs);
    }
  }

  /** In the room, for the first time or again. */
  joined(words: string): void {
    this.link.value = { kind: 'joined' };
    this.happenings.add(words);
  }

  /** The client lost its connection, and comes back by itself. */
  lost(reason: string, { delayMs, tries }: { readonly delayMs: number; readonly tries: number }): void {
    this.link.value = { kind: 'reconnecting', reason, nextAt: Date.now() + delayMs, tries };
    if (tries === 1) this.happenings.add(reason);
  }

  /** The client told of an error; without a connection a final one is the end. */
  failed(error: RoomsError, { isConnected }: { readonly isConnected: boolean }): void {
    if (isFinal(error) && !isConnected) this.#end(error);
    else if (!this.#closed) this.happenings.add(sentence(error.message));
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#retry);
  }

  /** A final refusal: what was watched goes on as long as its cameras do. */
  #end(error: RoomsError): void {
    this.link.value = { kind: 'refused', reason: sentence(error.message), action: actionFor(error) };
    this.happenings.add(sentence(error.message));
  }
}
