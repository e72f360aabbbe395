import { PinholeError } from '@pinhole/core';
import type {
  MqttGrant,
  MqttHandler,
  MqttLink,
  MqttLinkOptions,
  MqttLinkState,
  MqttSubscription,
  MqttTopicWish,
} from '@pinhole/mqtt';

/** A link to a broker whose other side a test is. */
export class FakeLink implements MqttLink {
  readonly options: MqttLinkOptions;
  readonly published: { readonly topic: string; readonly payload: string }[] = [];
  readonly wishes: MqttTopicWish[] = [];
  readonly counters = {
    published: 0,
    received: 0,
    connections: 0,
    droppedFull: 0,
    droppedExpired: 0,
    droppedClosed: 0,
    droppedTooLarge: 0,
    lostOnTheWay: 0,
    publishRefused: 0,
    subscribeRefused: 0,
  };
  state: MqttLinkState = { kind: 'connecting' };
  closed = false;
  readonly #listeners = new Set<(state: MqttLinkState) => void>();
  #handler: MqttHandler | undefined;
  #answer: (grants: readonly MqttGrant[]) => void = () => {};

  constructor(options: MqttLinkOptions) {
    this.options = options;
  }

  get clientId(): string {
    return this.options.clientId ?? '';
  }

  /** Listeners that are still there. */
  get listeners(): number {
    return this.#listeners.size + (this.#handler ? 1 : 0);
  }

  onState(listener: (state: MqttLinkState) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  publish(topic: string, payload: string | Uint8Array): boolean {
    if (this.closed) return false;
    this.published.push({ topic, payload: typeof payload === 'string' ? payload : '(bytes)' });
    return true;
  }

  subscribe(wishes: readonly MqttTopicWish[], handler: MqttHandler): MqttSubscription {
    this.wishes.push(...wishes);
    this.#handler = handler;
    const answered = new Promise<readonly MqttGrant[]>((resolve) => {
      this.#answer = resolve;
    });
    return {
      answered,
      close: () => {
        this.#handler = undefined;
      },
    };
  }

  reconnect(): void {}

  close(): Promise<void> {
    this.closed = true;
    this.state = { kind: 'closed' };
    return Promise.resolve();
  }

  /** The broker accepts us, and grants the topics that `grant` says. */
  accept(grant: (topic: string) => boolean = () => true): void {
    this.become({ kind: 'connected' });
    this.#answer(
      this.wishes.map(({ topic }) => ({
        topic,
        granted: grant(topic),
        why: grant(topic) ? '' : 'not for you',
      })),
    );
  }

  /** The broker refuses the password. */
  refuse(): void {
    this.become({ kind: 'refused', error: new PinholeError('mqtt/bad-credentials', 'wrong password') });
  }

  become(state: MqttLinkState): void {
    this.state = state;
    for (const listener of Array.from(this.#listeners)) listener(state);
  }

  /** A message comes. */
  bring(topic: string, payload: unknown): void {
    const text = typeof payload === 'string' ? payload : JSON.stringify(payload);
    this.#handler?.(topic, new TextEncoder().encode(text), { retained: false, qos: 2 });
  }
}
