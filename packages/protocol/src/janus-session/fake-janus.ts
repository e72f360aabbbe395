import { type Millis, millis } from '@pinhole/core';
import type { JanusSentRequest } from '../janus/index.ts';
import type { JanusFault } from './janus-fault.ts';
import type { JanusClock, JanusLinkHandlers, JanusLinkOpener } from './janus-link.ts';

/** A clock that moves only when told, for tests. */
export class FakeJanusClock implements JanusClock {
  #nowMs = 1_000;
  readonly #timers = new Set<{ readonly at: number; readonly run: () => void }>();

  /** Timers that have not run yet. */
  get pending(): number {
    return this.#timers.size;
  }

  monotonicNow(): Millis {
    return millis(this.#nowMs);
  }

  after(delayMs: Millis, run: () => void): () => void {
    const timer = { at: this.#nowMs + delayMs, run };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  /** Lets time pass; each timer runs at its moment. */
  advance(byMs: number): void {
    const end = this.#nowMs + byMs;
    for (;;) {
      const due = [...this.#timers].filter(({ at }) => at <= end).toSorted((a, b) => a.at - b.at)[0];
      if (!due) break;
      this.#nowMs = Math.max(this.#nowMs, due.at);
      this.#timers.delete(due);
      due.run();
    }
    this.#nowMs = end;
  }
}

/** What a scripted Janus does with a request that it does not answer as usual. */
export type Answering = (request: JanusSentRequest, janus: FakeJanus) => boolean;

/** One Janus that answers as it is told; its words are those of 1.1.2. */
export class FakeJanus {
  readonly requests: JanusSentRequest[] = [];
  /** Links that were opened. */
  links = 0;
  /** Links that we closed. */
  closed = 0;
  /** Whether new links come up. */
  reachable = true;
  #handlers: JanusLinkHandlers | undefined;
  #handles = 0;

  readonly #script: { current: Answering };

  /** @param script true for a request that is dealt with */
  constructor(script: { current: Answering }) {
    this.#script = script;
  }

  /** For `openLink`. */
  readonly openLink =
    (clock: JanusClock): JanusLinkOpener =>
    (handlers) => {
      this.links++;
      clock.after(millis(1), () => {
        if (!this.reachable) {
          handlers.lost({ code: 'janus/unreachable', reason: 'connection refused', again: 'later' });
          return;
        }
        this.#handlers = handlers;
        handlers.opened();
      });
      return {
        send: (request) => {
          this.requests.push(request);
          clock.after(millis(1), () => this.#answer(request));
        },
        close: () => {
          this.closed++;
        },
      };
    };

  /** Says something by itself. */
  say(message: object): void {
    this.#handlers?.received(JSON.stringify(message));
  }

  /** Says something to the newest handle. */
  event(fields: object): void {
    this.say({ session_id: 7, sender: this.handle, ...fields });
  }

  /** The plugin pushes something; with `transaction`, as plugins up to 6.17 do. */
  push(data: object, more: object = {}): void {
    this.event({ janus: 'event', plugindata: { plugin: 'janus.plugin.ustreamer', data }, ...more });
  }

  /** Loses the link. */
  lose(fault: Partial<JanusFault> = {}): void {
    this.#handlers?.lost({ code: 'janus/unreachable', reason: 'connection lost', again: 'later', ...fault });
  }

  /** The newest handle. */
  get handle(): number {
    return 100 + this.#handles;
  }

  /** What was asked so far, in one word each: the verb, or the plugin's request. */
  get asked(): string[] {
    return this.requests.map((request) => {
      const body = request.janus === 'message' ? request.body : {};
      return typeof body['request'] === 'string' ? body['request'] : request.janus;
    });
  }

  #answer(request: JanusSentRequest): void {
    if (!this.reachable || this.#script.current(request, this)) return;
    const { transaction } = request;
    switch (request.janus) {
      case 'create':
        this.say({ janus: 'success', transaction, data: { id: 7 } });
        return;
      case 'attach':
        this.#handles++;
        this.say({ janus: 'success', session_id: 7, transaction, data: { id: this.handle } });
        return;
      case 'claim':
      case 'hangup':
      case 'detach':
      case 'destroy':
        this.say({ janus: 'success', session_id: 7, transaction });
        return;
      case 'info':
      case 'ping':
        return;
      case 'message':
      case 'trickle':
      case 'keepalive':
        this.say({ janus: 'ack', session_id: 7, transaction });
    }
  }
}
