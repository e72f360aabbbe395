import { millis, PinholeError } from '@pinhole/core';
import type { ControlServerMessage } from '@pinhole/protocol/live';
import type { ControlMessage, ControlValue } from './control-types.ts';

/** What is asked of the server; the number of the request is given here. */
export type ControlRequest =
  | Omit<Extract<ControlMessage, { type: 'set-control' }>, 'requestId'>
  | Omit<Extract<ControlMessage, { type: 'reset-controls' }>, 'requestId'>
  | { readonly type: 'keep-controls' | 'revert-controls' };

/** What came of a request. */
export type ControlResult = Extract<ControlServerMessage, { type: 'control-result' }>;

interface Pending {
  readonly message: ControlMessage;
  readonly timer: ReturnType<typeof setTimeout>;
  readonly resolve: (value: ControlValue | undefined) => void;
  readonly reject: (error: PinholeError) => void;
}

/** The server itself gives up on a camera after 15 s. */
const PATIENCE_MS = millis(20_000);

/** Requests under way and their answers. */
export class ControlRequests {
  readonly #send: (message: ControlMessage) => void;
  readonly #pending = new Map<number, Pending>();
  #last = 0;

  constructor(send: (message: ControlMessage) => void) {
    this.#send = send;
  }

  /** @throws {PinholeError} what the server says; `client/no-answer`, `client/closed` */
  ask(request: ControlRequest): Promise<ControlValue | undefined> {
    const requestId = ++this.#last;
    const message = { ...request, requestId } as ControlMessage;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(
        () => this.#fail(requestId, 'client/no-answer', 'The server did not answer.'),
        PATIENCE_MS,
      );
      this.#pending.set(requestId, { message, timer, resolve, reject });
      this.#send(message);
    });
  }

  /** Asks once more on a new connection: the answers of the one before may be lost, and asking twice does no harm. */
  repeat(): void {
    for (const { message } of this.#pending.values()) this.#send(message);
  }

  /** Takes an answer. */
  settle({ requestId, value, error }: ControlResult): void {
    if (error) this.#fail(requestId, error.code, error.message);
    else this.#take(requestId)?.resolve(value);
  }

  /** Nobody waits for an answer any more. */
  close(): void {
    for (const id of this.#pending.keys()) this.#fail(id, 'client/closed', 'The controls were closed.');
  }

  #fail(id: number, code: string, words: string): void {
    this.#take(id)?.reject(new PinholeError(code, words));
  }

  #take(id: number): Pending | undefined {
    const pending = this.#pending.get(id);
    clearTimeout(pending?.timer);
    this.#pending.delete(id);
    return pending;
  }
}
