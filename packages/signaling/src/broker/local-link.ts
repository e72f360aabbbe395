import { Emitter, type Millis } from '@pinhole/core';
import {
  checkTopicName,
  type MqttHandler,
  type MqttLink,
  type MqttLinkCounters,
  type MqttLinkState,
  type MqttPublishOptions,
  type MqttSubscribeOptions,
  type MqttSubscription,
  type MqttTopicWish,
  SubscriptionTable,
} from '@pinhole/mqtt';
import type { BrokerCounters } from './counters.ts';
import type { BrokerMessage, Delivery, Port } from './message.ts';
import type { Router } from './router.ts';

/** How a client in the broker's own process is opened. */
export interface LocalLinkOptions {
  /** Default: a new random one. */
  readonly clientId?: string;
  /** What a message handler threw; default: nobody catches it. */
  readonly onHandlerError?: (thrown: unknown) => void;
}

/** What a {@link LocalLink} works with. */
export interface LocalLinkHost {
  readonly clientId: string;
  readonly router: Router;
  readonly counters: BrokerCounters;
  readonly now: () => Millis;
  readonly left: () => void;
}

/** What may wait between two turns of the event loop. */
const MAX_WAITING = 10_000;
const utf8 = new TextEncoder();

/**
 * A client in the broker's own process. It is always connected, as long as there is a broker; messages come in a later
 * turn of the event loop, as they would over a network, so nobody is called from within a call of its own.
 */
export class LocalLink implements MqttLink, Port {
  readonly clientId: string;
  readonly #host: LocalLinkHost;
  readonly #events = new Emitter<{ state: MqttLinkState }>();
  readonly #subscriptions: SubscriptionTable;
  #waiting: { readonly message: BrokerMessage; readonly delivery: Delivery }[] = [];
  #state: MqttLinkState = { kind: 'connected' };
  #published = 0;
  #received = 0;
  #droppedClosed = 0;

  constructor({ onHandlerError }: LocalLinkOptions, host: LocalLinkHost) {
    this.clientId = host.clientId;
    this.#host = host;
    this.#subscriptions = new SubscriptionTable({ onHandlerError });
  }

  get state(): MqttLinkState {
    return this.#state;
  }

  get counters(): MqttLinkCounters {
    return {
      published: this.#published,
      received: this.#received,
      connections: 1,
      droppedFull: 0,
      droppedExpired: 0,
      droppedClosed: this.#droppedClosed,
      droppedTooLarge: 0,
      lostOnTheWay: 0,
      publishRefused: 0,
      subscribeRefused: 0,
    };
  }

  onState(listener: (state: MqttLinkState) => void): () => void {
    return this.#events.on('state', listener);
  }

  publish(
    topic: string,
    payload: string | Uint8Array,
    { qos = 0, retain = false, expirySeconds }: MqttPublishOptions = {},
  ): boolean {
    checkTopicName(topic);
    if (this.#state.kind === 'closed') {
      this.#droppedClosed++;
      return false;
    }
    const { router, counters, now } = this.#host;
    const kept = router.publish(
      {
        topic,
        payload: typeof payload === 'string' ? utf8.encode(payload) : payload.slice(),
        qos,
        retain,
        properties: {},
        expiresAt: expirySeconds === undefined ? undefined : ((now() + expirySeconds * 1000) as Millis),
      },
      this,
    );
    if (!kept) counters.retainedRefused++;
    counters.received++;
    this.#published++;
    return true;
  }

  subscribe(
    wishes: readonly MqttTopicWish[],
    handler: MqttHandler,
    options: MqttSubscribeOptions = {},
  ): MqttSubscription {
    const { router } = this.#host;
    const added = this.#subscriptions.add(wishes, handler, {
      ...options,
      ended: (filters) => {
        for (const filter of filters) router.unsubscribe(filter, this);
      },
    });
    const { subscription } = added;
    if (this.#state.kind === 'closed') {
      subscription.close();
      return subscription;
    }
    added.answer([]);
    for (const { topic, qos, noLocal } of added.topics) {
      const wish = { qos, noLocal, retainAsPublished: false, identifier: undefined };
      router.subscribe(topic, this, wish);
      router.sendRetained(topic, this, wish);
    }
    return subscription;
  }

  reconnect(): void {
    // There is no connection that could be lost.
  }

  close(): Promise<void> {
    if (this.#state.kind === 'closed') return Promise.resolve();
    this.#state = { kind: 'closed' };
    for (const { topics } of this.#subscriptions.wishes) {
      for (const { topic } of topics) this.#host.router.unsubscribe(topic, this);
    }
    this.#subscriptions.clear();
    this.#waiting = [];
    this.#host.left();
    this.#events.emit('state', this.#state);
    return Promise.resolve();
  }

  deliver(message: BrokerMessage, delivery: Delivery): void {
    if (this.#waiting.length >= MAX_WAITING) {
      this.#host.counters.droppedLink++;
      return;
    }
    this.#waiting.push({ message, delivery });
    if (this.#waiting.length === 1) setImmediate(() => this.#flush());
  }

  #flush(): void {
    const messages = this.#waiting;
    this.#waiting = [];
    for (const { message, delivery } of messages) {
      if (this.#state.kind === 'closed') return;
      if (message.expiresAt !== undefined && message.expiresAt <= this.#host.now()) {
        this.#host.counters.droppedExpired++;
        continue;
      }
      this.#received++;
      this.#host.counters.delivered++;
      this.#subscriptions.deliver(message.topic, message.payload.slice(), {
        qos: delivery.qos,
        retained: delivery.retain,
      });
    }
  }
}
