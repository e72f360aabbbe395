import type { Millis, PinholeError } from '@pinhole/core';

/** At most once, at least once, exactly once. @see MQTT 5 §4.3 */
export type MqttQos = 0 | 1 | 2;

/** What is published. */
export interface MqttPublishOptions {
  /** Default 0. */
  readonly qos?: MqttQos;
  /** The broker keeps it for those who subscribe later. Default: no. */
  readonly retain?: boolean;
  /** Nobody gets it who could not within so many seconds; the wait in our own queue counts. */
  readonly expirySeconds?: number;
}

/** What the broker says for us when we are gone without a word. @see MQTT 5 §3.1.2.5 */
export interface MqttWill {
  readonly topic: string;
  readonly payload: string | Uint8Array;
  readonly qos?: MqttQos;
  readonly retain?: boolean;
}

/** What one wants to hear. */
export interface MqttTopicWish {
  /** A topic filter; `+` and `#` stand for any level and any rest. */
  readonly topic: string;
  /** Default 0. */
  readonly qos?: MqttQos;
  /** Do not hear what this link says itself. Default: hear it. @see MQTT 5 §3.8.3.1 */
  readonly noLocal?: boolean;
}

/** What came with a message. */
export interface MqttMessageDetails {
  /** It was said before we listened. */
  readonly retained: boolean;
  readonly qos: MqttQos;
}

/** Takes one message; `payload` is the taker's own. */
export type MqttHandler = (topic: string, payload: Uint8Array, details: MqttMessageDetails) => void;

/** What the broker answered to one wish. */
export interface MqttGrant {
  readonly topic: string;
  readonly granted: boolean;
  /** Why not, in words; empty when it was granted. */
  readonly why: string;
}

/** What may be said with a subscription. */
export interface MqttSubscribeOptions {
  /** The broker refused one topic: at first, or when the subscription was renewed. The others hold. */
  readonly refused?: (grant: MqttGrant) => void;
}

/** A subscription, which lasts over every reconnect until it is closed. */
export interface MqttSubscription {
  /** The broker's first answer; never rejects. Closed before that: nothing was granted. */
  readonly answered: Promise<readonly MqttGrant[]>;
  close(): void;
}

/**
 * Where a link stands.
 *
 * ```
 *  connecting ──CONNACK──▶ connected ──connection lost──▶ lost ──wait──▶ connecting
 *      │ no connection ──▶ lost                │ credentials revoked, id taken over
 *      │ credentials refused                   ▼
 *      └────────────────────────────────▶ refused ──reconnect()──▶ connecting
 * ```
 */
export type MqttLinkState =
  | { readonly kind: 'connecting' }
  | { readonly kind: 'connected' }
  /** Goes on by itself after `retryInMs`. */
  | { readonly kind: 'lost'; readonly why: string; readonly retryInMs: Millis }
  /** Does not go on until {@link MqttLink.reconnect}. `mqtt/bad-credentials`, `mqtt/taken-over`, `mqtt/refused`. */
  | { readonly kind: 'refused'; readonly error: PinholeError }
  | { readonly kind: 'closed' };

/** What happened on a link since it was opened. */
export interface MqttLinkCounters {
  /** Handed to the broker; of QoS 1 and 2 those that it answered for. */
  readonly published: number;
  readonly received: number;
  /** Connections that stood. */
  readonly connections: number;
  /** Not sent, as too much waits already. */
  readonly droppedFull: number;
  /** Not sent, as they waited longer than they were good for. */
  readonly droppedExpired: number;
  /** Not sent, as the link is closed or was refused. */
  readonly droppedClosed: number;
  /** Not sent, as the broker takes no message of that size. */
  readonly droppedTooLarge: number;
  /** QoS 0, on their way when the connection was lost. */
  readonly lostOnTheWay: number;
  /** QoS 1 and 2 that the broker did not take, e.g. as the topic is not for us. */
  readonly publishRefused: number;
  /** Topics that the broker did not let us hear, each time that we asked. */
  readonly subscribeRefused: number;
}

/** A connection to a broker that comes back by itself; over a network, or in this process. */
export interface MqttLink {
  /** As the broker knows us. */
  readonly clientId: string;
  readonly state: MqttLinkState;
  readonly counters: MqttLinkCounters;
  /**
   * Calls `listener` with each state from now on.
   * @returns a function that ends it.
   */
  onState(listener: (state: MqttLinkState) => void): () => void;
  /**
   * Publishes, now or as soon as there is a connection; in the order of the calls. The payload is copied.
   * @returns false when it was dropped, by the counter of that name
   * @throws {PinholeError} `mqtt/bad-topic`
   */
  publish(topic: string, payload: string | Uint8Array, options?: MqttPublishOptions): boolean;
  /**
   * Hears topics, now or as soon as there is a connection, and again after each reconnect. One that the broker refuses
   * does not touch the others. Wishes of one link that overlap may bring a message twice.
   * @throws {PinholeError} `mqtt/bad-topic`
   */
  subscribe(
    wishes: readonly MqttTopicWish[],
    handler: MqttHandler,
    options?: MqttSubscribeOptions,
  ): MqttSubscription;
  /** Tries at once, where it waits or was refused; with other credentials where they are given. */
  reconnect(credentials?: { readonly username?: string; readonly password?: string }): void;
  /** Says goodbye, with no will; what still waits is dropped. May be called again; never rejects. */
  close(): Promise<void>;
}
