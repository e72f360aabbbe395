import type {
  MqttGrant,
  MqttHandler,
  MqttMessageDetails,
  MqttSubscribeOptions,
  MqttSubscription,
  MqttTopicWish,
} from './mqtt-link.ts';
import { checkTopicFilter, topicMatches } from './topic.ts';

/** One call of `subscribe`, as it has to be said to the broker, now and after each reconnect. */
export interface Wishes {
  readonly topics: readonly Required<MqttTopicWish>[];
  /** The broker answered, in the order of `topics`; undefined words: granted. */
  answer(refusals: readonly (string | undefined)[]): void;
}

interface Entry extends Wishes {
  readonly handler: MqttHandler;
  /** Nothing comes any more; the answer is no, if it is still waited for. */
  abandon(why: string): void;
}

/** What is wished on one link, and who gets what comes. */
export class SubscriptionTable {
  readonly #entries = new Set<Entry>();
  readonly #onHandlerError: (thrown: unknown) => void;

  /** @param options.onHandlerError what a handler threw; default: nobody catches it */
  constructor(options: { readonly onHandlerError?: ((thrown: unknown) => void) | undefined } = {}) {
    this.#onHandlerError = options.onHandlerError ?? throwLater;
  }

  /** All that has to be said again after a reconnect. */
  get wishes(): readonly Wishes[] {
    return [...this.#entries];
  }

  /**
   * Takes note of a subscription.
   * @param options.ended says to the broker that nobody wants these topics any more
   * @throws {PinholeError} `mqtt/bad-topic`
   */
  add(
    wishes: readonly MqttTopicWish[],
    handler: MqttHandler,
    options: MqttSubscribeOptions & { readonly ended: (topics: readonly string[]) => void },
  ): Wishes & { readonly subscription: MqttSubscription } {
    const unique = new Map(wishes.map((wish) => [wish.topic, { qos: 0, noLocal: false, ...wish } as const]));
    const topics = [...unique.values()];
    for (const { topic } of topics) checkTopicFilter(topic);
    let settle: (grants: readonly MqttGrant[]) => void = () => {};
    const answered = new Promise<readonly MqttGrant[]>((resolve) => {
      settle = resolve;
    });
    const entry: Entry = {
      topics,
      handler,
      answer: (refusals) => {
        const grants = topics.map(({ topic }, index) => {
          const why = refusals[index];
          return { topic, granted: why === undefined, why: why ?? '' };
        });
        settle(grants);
        for (const grant of grants) if (!grant.granted) options.refused?.(grant);
      },
      abandon: (why) => settle(topics.map(({ topic }) => ({ topic, granted: false, why }))),
    };
    this.#entries.add(entry);
    const close = (): void => {
      if (!this.#entries.delete(entry)) return;
      entry.abandon('the subscription was closed');
      const left = new Set([...this.#entries].flatMap((other) => other.topics.map(({ topic }) => topic)));
      options.ended(topics.map(({ topic }) => topic).filter((topic) => !left.has(topic)));
    };
    return { ...entry, subscription: { answered, close } };
  }

  /** Gives a message to those who wished for it. */
  deliver(topic: string, payload: Uint8Array, details: MqttMessageDetails): void {
    for (const { topics, handler } of Array.from(this.#entries)) {
      if (!topics.some((wish) => topicMatches(wish.topic, topic))) continue;
      try {
        handler(topic, payload, details);
      } catch (thrown) {
        this.#onHandlerError(thrown);
      }
    }
  }

  /** Nothing will come any more. */
  clear(): void {
    for (const entry of this.#entries) entry.abandon('the link was closed');
    this.#entries.clear();
  }
}

const throwLater = (thrown: unknown): void => {
  queueMicrotask(() => {
    throw thrown;
  });
};
