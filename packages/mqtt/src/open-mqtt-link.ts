import { Backoff, Emitter, type Millis, millis, type PinholeError } from '@pinhole/core';
import { Connection } from './connection.ts';
import { parseLinkAddress } from './link-address.ts';
import type { MqttLinkOptions } from './link-options.ts';
import type {
  MqttHandler,
  MqttLink,
  MqttLinkCounters,
  MqttLinkState,
  MqttPublishOptions,
  MqttSubscribeOptions,
  MqttSubscription,
  MqttTopicWish,
} from './mqtt-link.ts';
import { OutgoingQueue } from './outgoing-queue.ts';
import { SubscriptionTable } from './subscription-table.ts';
import { checkTopicName } from './topic.ts';

/** A connection that stood for so long was a good one: the next wait is the first again. */
const SETTLED_MS = 5000;

/**
 * Opens a link to a broker; it connects by itself, now and whenever the connection is lost, each time with a clean start.
 * The library behind it is loaded at this moment, so a page that never opens a link does not pay for it.
 * @throws {PinholeError} `mqtt/bad-url`, `mqtt/bad-topic` for a will
 */
export const openMqttLink = (options: MqttLinkOptions): MqttLink => new NetworkLink(options);

class NetworkLink implements MqttLink {
  readonly clientId: string;
  readonly #options: MqttLinkOptions & { readonly url: string };
  readonly #events = new Emitter<{ state: MqttLinkState }>();
  readonly #queue: OutgoingQueue;
  readonly #subscriptions: SubscriptionTable;
  readonly #backoff: Backoff;
  readonly #counted = {
    published: 0,
    received: 0,
    connections: 0,
    droppedClosed: 0,
    publishRefused: 0,
    subscribeRefused: 0,
  };
  #credentials: { readonly username?: string; readonly password?: string };
  #state: MqttLinkState = { kind: 'connecting' };
  #connection: Connection | undefined;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #connectedAt = 0;
  #closed: Promise<void> | undefined;

  constructor(options: MqttLinkOptions) {
    const { url, ...inUrl } = parseLinkAddress(options.url);
    const { username, password } = options;
    this.#options = { ...options, url };
    this.#credentials = {
      ...inUrl,
      ...(username !== undefined && username !== '' && { username }),
      ...(password !== undefined && password !== '' && { password }),
    };
    if (options.will) checkTopicName(options.will.topic);
    this.clientId = options.clientId ?? newClientId();
    this.#queue = new OutgoingQueue({ messages: 1000, bytes: 1_048_576, ...options.queue });
    this.#subscriptions = new SubscriptionTable({ onHandlerError: options.onHandlerError });
    this.#backoff = new Backoff({
      ...options.backoff,
      firstMs: millis(options.backoff?.firstMs ?? 500),
      maxMs: millis(options.backoff?.maxMs ?? 15_000),
    });
    this.#connect();
  }

  get state(): MqttLinkState {
    return this.#state;
  }

  get counters(): MqttLinkCounters {
    return { ...this.#counted, ...this.#queue.counters };
  }

  onState(listener: (state: MqttLinkState) => void): () => void {
    return this.#events.on('state', listener);
  }

  publish(topic: string, payload: string | Uint8Array, options: MqttPublishOptions = {}): boolean {
    checkTopicName(topic);
    if (this.#state.kind === 'closed' || this.#state.kind === 'refused') {
      this.#counted.droppedClosed++;
      return false;
    }
    if (!this.#queue.add(topic, payload, options, now())) return false;
    this.#pump();
    return true;
  }

  subscribe(
    wishes: readonly MqttTopicWish[],
    handler: MqttHandler,
    options: MqttSubscribeOptions = {},
  ): MqttSubscription {
    const added = this.#subscriptions.add(wishes, handler, {
      ...options,
      refused: (grant) => {
        this.#counted.subscribeRefused++;
        options.refused?.(grant);
      },
      ended: (topics) => {
        if (this.#state.kind === 'connected') this.#connection?.unsubscribe(topics);
      },
    });
    if (this.#state.kind === 'closed') added.subscription.close();
    if (this.#state.kind === 'connected') this.#connection?.subscribe(added);
    return added.subscription;
  }

  reconnect(credentials?: { readonly username?: string; readonly password?: string }): void {
    if (credentials !== undefined) this.#credentials = { ...credentials };
    if (this.#state.kind !== 'lost' && this.#state.kind !== 'refused') return;
    clearTimeout(this.#retry);
    this.#backoff.reset();
    this.#become({ kind: 'connecting' });
    this.#connect();
  }

  close(): Promise<void> {
    this.#closed ??= this.#end();
    return this.#closed;
  }

  async #end(): Promise<void> {
    clearTimeout(this.#retry);
    const connection = this.#connection;
    this.#connection = undefined;
    this.#counted.droppedClosed += this.#queue.clear();
    this.#subscriptions.clear();
    this.#become({ kind: 'closed' });
    await connection?.close();
  }

  #connect(): void {
    const connection: Connection = new Connection(
      { ...this.#options, ...this.#credentials, clientId: this.clientId },
      {
        connected: () => {
          if (this.#connection === connection) this.#connected(connection);
        },
        message: (topic, payload, details) => {
          this.#counted.received++;
          this.#subscriptions.deliver(topic, payload, details);
        },
        lost: (why, refusal) => {
          if (this.#connection === connection) this.#lost(why, refusal);
        },
      },
    );
    this.#connection = connection;
    connection.open();
  }

  #connected(connection: Connection): void {
    this.#counted.connections++;
    this.#connectedAt = now();
    for (const wishes of this.#subscriptions.wishes) connection.subscribe(wishes);
    this.#become({ kind: 'connected' });
    this.#pump();
  }

  #lost(why: string, refusal: PinholeError | undefined): void {
    const settled = this.#state.kind === 'connected' && now() - this.#connectedAt >= SETTLED_MS;
    this.#connection = undefined;
    this.#queue.takeBack();
    if (refusal !== undefined) {
      this.#counted.droppedClosed += this.#queue.clear();
      this.#become({ kind: 'refused', error: refusal });
      return;
    }
    if (settled) this.#backoff.reset();
    const retryInMs = this.#backoff.next();
    this.#retry = setTimeout(() => {
      this.#become({ kind: 'connecting' });
      this.#connect();
    }, retryInMs);
    this.#become({ kind: 'lost', why, retryInMs });
  }

  /** Sends what may go now. */
  #pump(): void {
    const connection = this.#connection;
    if (this.#state.kind !== 'connected' || connection === undefined) return;
    const { window } = connection;
    for (let next = this.#queue.take(now(), window); next; next = this.#queue.take(now(), window)) {
      const message = next;
      connection.publish(message, now(), (refused) => {
        if (this.#connection !== connection || !this.#queue.done(message)) return;
        this.#counted[refused ? 'publishRefused' : 'published']++;
        this.#pump();
      });
    }
  }

  #become(state: MqttLinkState): void {
    this.#state = state;
    this.#events.emit('state', state);
  }
}

const now = (): Millis => performance.now() as Millis;

/** 128 random bits; `crypto.randomUUID` is there on secure pages only. */
const newClientId = (): string =>
  Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join(
    '',
  );
