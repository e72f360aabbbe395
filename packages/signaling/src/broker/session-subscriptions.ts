import { checkTopicFilter } from '@pinhole/mqtt';
import type { ISubscribePacket, ISubscription, IUnsubscribePacket } from 'mqtt-packet';
import type { FilterOptions } from './filter-tree.ts';
import type { BrokerRights } from './identity.ts';
import type { ProtocolVersion } from './packets.ts';
import { REASON } from './reason-codes.ts';
import type { Session, SessionHost } from './session.ts';

/** MQTT 3.1.1's only word for no. @see MQTT 3.1.1 §3.9.3 */
const FAILURE = 0x80;

/** What a client wants to hear. @see MQTT 5 §3.8, §3.10 */
export class SessionSubscriptions {
  readonly #session: Session;
  readonly #host: SessionHost;
  readonly #filters = new Set<string>();

  constructor(session: Session, host: SessionHost) {
    this.#session = session;
    this.#host = host;
  }

  subscribe(packet: ISubscribePacket, rights: BrokerRights, version: ProtocolVersion): void {
    const { subscriptions, messageId = 0, properties } = packet;
    const retained: { readonly filter: string; readonly options: FilterOptions }[] = [];
    const granted = subscriptions.map((wish) => {
      const refusal = this.#refusal(wish.topic, rights);
      if (refusal !== undefined) return version === 5 ? refusal : FAILURE;
      const options = {
        qos: wish.qos,
        noLocal: wish.nl ?? false,
        retainAsPublished: wish.rap ?? false,
        identifier: properties?.subscriptionIdentifier,
      };
      const isNew = this.#host.router.subscribe(wish.topic, this.#session, options);
      this.#filters.add(wish.topic);
      if (wantsRetained(wish, isNew)) retained.push({ filter: wish.topic, options });
      return wish.qos;
    });
    this.#session.send({ cmd: 'suback', messageId, granted });
    for (const { filter, options } of retained) {
      this.#host.router.sendRetained(filter, this.#session, options);
    }
  }

  unsubscribe({ unsubscriptions, messageId = 0 }: IUnsubscribePacket): void {
    const granted = unsubscriptions.map((filter) => {
      if (!this.#filters.delete(filter)) return REASON.NO_SUBSCRIPTION_EXISTED;
      this.#host.router.unsubscribe(filter, this.#session);
      return REASON.SUCCESS;
    });
    this.#session.send({ cmd: 'unsuback', messageId, granted });
  }

  clear(): void {
    for (const filter of this.#filters) this.#host.router.unsubscribe(filter, this.#session);
    this.#filters.clear();
  }

  #refusal(filter: string, rights: BrokerRights): number | undefined {
    const { counters, limits } = this.#host;
    const refused = (reason: number): number => {
      counters.subscribeRefused++;
      return reason;
    };
    if (filter.startsWith('$share/')) return refused(REASON.SHARED_SUBSCRIPTIONS_NOT_SUPPORTED);
    if (filter.split('/').length > limits.topicLevels) return refused(REASON.TOPIC_FILTER_INVALID);
    try {
      checkTopicFilter(filter);
    } catch {
      return refused(REASON.TOPIC_FILTER_INVALID); // the one thing that it throws
    }
    if (!rights.maySubscribe(filter, this.#session.clientId)) {
      counters.subscribeForbidden++;
      return REASON.NOT_AUTHORIZED;
    }
    const full = !this.#filters.has(filter) && this.#filters.size >= limits.subscriptionsPerClient;
    return full ? refused(REASON.QUOTA_EXCEEDED) : undefined;
  }
}

/** @see MQTT 5 §3.8.3.1, Retain Handling */
const wantsRetained = ({ rh = 0 }: ISubscription, isNew: boolean): boolean => rh === 0 || (rh === 1 && isNew);
