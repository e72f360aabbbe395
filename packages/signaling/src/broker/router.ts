import type { Millis } from '@pinhole/core';
import type { MqttQos } from '@pinhole/mqtt';
import { type FilterOptions, FilterTree } from './filter-tree.ts';
import type { BrokerLimits } from './limits.ts';
import type { BrokerMessage, Port } from './message.ts';
import { RetainedMessages } from './retained-messages.ts';

/** Who gets which message; knows nothing of connections, rights or packets. */
export class Router {
  readonly #filters = new FilterTree();
  readonly #retained: RetainedMessages;
  readonly #now: () => Millis;

  constructor(options: { readonly limits: BrokerLimits; readonly now: () => Millis }) {
    this.#retained = new RetainedMessages(options.limits);
    this.#now = options.now;
  }

  get gauges(): {
    readonly subscriptions: number;
    readonly retainedMessages: number;
    readonly retainedBytes: number;
  } {
    return {
      subscriptions: this.#filters.size,
      retainedMessages: this.#retained.size,
      retainedBytes: this.#retained.bytes,
    };
  }

  /** @returns false when the client had this filter already; its options are the new ones now. */
  subscribe(filter: string, port: Port, options: FilterOptions): boolean {
    return this.#filters.add(filter, port, options);
  }

  /** Gives the subscriber what is retained under its filter. */
  sendRetained(filter: string, port: Port, { qos, identifier }: FilterOptions): void {
    for (const message of this.#retained.matching(filter, this.#now())) {
      port.deliver(message, {
        qos: lower(message.qos, qos),
        retain: true,
        identifiers: identifier === undefined ? [] : [identifier],
      });
    }
  }

  unsubscribe(filter: string, port: Port): boolean {
    return this.#filters.remove(filter, port);
  }

  /**
   * Gives a message to all who want it: to each once, by the best of its subscriptions.
   * @returns whether it is kept, where it shall be
   */
  publish(message: BrokerMessage, from: Port | undefined): boolean {
    const kept = !message.retain || this.#retained.put(message);
    const wanted = new Map<Port, { qos: MqttQos; retain: boolean; identifiers: number[] }>();
    this.#filters.match(message.topic, (port, { qos, noLocal, retainAsPublished, identifier }) => {
      if (noLocal && port === from) return;
      const delivery = wanted.get(port) ?? { qos: 0, retain: false, identifiers: [] };
      wanted.set(port, delivery);
      if (qos > delivery.qos) delivery.qos = qos;
      delivery.retain ||= retainAsPublished && message.retain;
      if (identifier !== undefined) delivery.identifiers.push(identifier);
    });
    for (const [port, delivery] of wanted) {
      port.deliver(message, { ...delivery, qos: lower(message.qos, delivery.qos) });
    }
    return kept;
  }

  tick(): void {
    this.#retained.tick(this.#now());
  }
}

const lower = (a: MqttQos, b: MqttQos): MqttQos => (a < b ? a : b);
