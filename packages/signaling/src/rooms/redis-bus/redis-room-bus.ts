import { Backoff, type Logger, messageOf, millis } from '@pinhole/core';
import { parseRoomBusMessage, type RoomBusMessage, serializeRoomBusMessage } from '@pinhole/protocol/rooms';
import { createClient } from '@redis/client';
import type { RoomBus, RoomBusHandler } from '../room-bus.ts';

/** What a bus over Redis is made with. */
export interface RedisRoomBusOptions {
  /** `redis://user:password@host:6379`, or `rediss://…` for TLS. */
  readonly url: string;
  /** What the names of all channels begin with; servers with another one have other rooms. */
  readonly prefix?: string;
  readonly log: Logger;
}

/** Commands that wait for Redis; what is beyond is lost, and noticed by those who miss it. */
const MAX_WAITING = 10_000;
const CONNECT_MS = 5000;
/** How long the last words may take. */
const CLOSE_MS = 1000;

/**
 * Rooms over several processes, by publish and subscribe of one Redis; nothing is stored there. While Redis is away each
 * process goes on alone: the members of the others are gone after their lease, and back once it is there again.
 */
export class RedisRoomBus implements RoomBus {
  readonly #prefix: string;
  readonly #log: Logger;
  readonly #publisher: ReturnType<typeof createClient>;
  readonly #subscriber: ReturnType<typeof createClient>;
  #handler: RoomBusHandler | undefined;
  #subscribed = false;
  #away = false;
  #closing = false;
  readonly counters = {
    sent: 0,
    /** Not sent, as Redis was away or did not keep up. */
    lost: 0,
    received: 0,
    /** Not a message of ours. */
    malformed: 0,
    connections: 0,
  };

  constructor({ url, prefix = 'pinhole:rooms', log }: RedisRoomBusOptions) {
    this.#prefix = prefix;
    this.#log = log;
    this.#publisher = this.#client(url);
    this.#subscriber = this.#client(url);
  }

  open(node: string, handler: RoomBusHandler): void {
    this.#handler = handler;
    const receive = (text: string): void => this.#receive(text);
    this.#publisher.connect().catch((error: unknown) => this.#failed(error));
    this.#subscriber
      .connect()
      .then(() => this.#subscriber.subscribe([this.#toAll, this.#to(node)], receive))
      .then(() => {
        this.#subscribed = true;
        this.#ready();
      })
      .catch((error: unknown) => this.#failed(error));
  }

  broadcast(message: RoomBusMessage): void {
    this.#publish(this.#toAll, message);
  }

  send(node: string, message: RoomBusMessage): void {
    this.#publish(this.#to(node), message);
  }

  async close(): Promise<void> {
    this.#closing = true;
    this.#handler = undefined;
    if (this.#publisher.isReady) {
      let late: NodeJS.Timeout | undefined;
      const patience = new Promise<void>((over) => {
        late = setTimeout(over, CLOSE_MS);
      });
      await Promise.race([this.#publisher.close().catch((error: unknown) => this.#failed(error)), patience]);
      clearTimeout(late);
    }
    for (const client of [this.#publisher, this.#subscriber]) if (client.isOpen) client.destroy();
  }

  get #toAll(): string {
    return `${this.#prefix}:all`;
  }

  #to(node: string): string {
    return `${this.#prefix}:to:${node}`;
  }

  #client(url: string): ReturnType<typeof createClient> {
    const backoff = new Backoff({ firstMs: millis(200), maxMs: millis(5000) });
    const client = createClient({
      url,
      disableOfflineQueue: true,
      commandsQueueMaxLength: MAX_WAITING,
      socket: {
        connectTimeout: CONNECT_MS,
        reconnectStrategy: () => (this.#closing ? false : backoff.next()),
      },
    });
    client.on('error', (error: unknown) => this.#failed(error));
    client.on('ready', () => {
      backoff.reset();
      this.#ready();
    });
    return client as ReturnType<typeof createClient>;
  }

  /** Both ways are there, for the first time or again. */
  #ready(): void {
    if (!this.#subscribed || !this.#publisher.isReady || !this.#subscriber.isReady) return;
    this.counters.connections++;
    if (this.#away) this.#log.info({}, 'rooms reach Redis again');
    this.#away = false;
    this.#handler?.connected();
  }

  #failed(error: unknown): void {
    if (this.#away || this.#closing) return;
    this.#away = true;
    // The address may carry a password, so only what went wrong is told.
    this.#log.warn(
      { why: messageOf(error) },
      'rooms do not reach Redis; those of other servers are out of reach',
    );
  }

  #publish(channel: string, message: RoomBusMessage): void {
    if (!this.#publisher.isReady) {
      this.counters.lost++;
      return;
    }
    this.counters.sent++;
    this.#publisher.publish(channel, serializeRoomBusMessage(message)).catch((error: unknown) => {
      this.counters.lost++;
      this.#failed(error);
    });
  }

  #receive(text: string): void {
    let message: RoomBusMessage;
    try {
      message = parseRoomBusMessage(text);
    } catch (thrown) {
      this.counters.malformed++;
      this.#log.debug({ why: messageOf(thrown) }, 'another process sent something that is no message');
      return;
    }
    this.counters.received++;
    this.#handler?.receive(message);
  }
}
