import { type Millis, messageOf, type PinholeError } from '@pinhole/core';
import type { IClientOptions, MqttClient } from 'mqtt';
import type { MqttLinkOptions } from './link-options.ts';
import type { MqttMessageDetails } from './mqtt-link.ts';
import type { Outgoing } from './outgoing-queue.ts';
import { finalRefusal, reasonInWords } from './reasons.ts';
import type { Wishes } from './subscription-table.ts';

/** What a connection tells. */
export interface ConnectionEvents {
  connected(): void;
  message(topic: string, payload: Uint8Array, details: MqttMessageDetails): void;
  /** It is over, or never came to be; told once. With a refusal when the same attempt would fail again. */
  lost(why: string, refusal: PinholeError | undefined): void;
}

/** How long a goodbye may take. */
const GOODBYE_MS = 1000;
/** What a broker takes at once that does not say otherwise. @see MQTT 5 §3.2.2.3.3 */
const RECEIVE_MAXIMUM = 65_535;

/**
 * One connection, from its attempt to its end. The library behind it repeats nothing by itself: tries, subscriptions and
 * messages are repeated by the link alone.
 */
export class Connection {
  readonly #options: MqttLinkOptions;
  readonly #events: ConnectionEvents;
  #client: MqttClient | undefined;
  #over = false;
  #stood = false;
  #why = '';
  #refusal: PinholeError | undefined;
  #window = { acknowledged: RECEIVE_MAXIMUM, packetBytes: Number.POSITIVE_INFINITY };

  constructor(options: MqttLinkOptions, events: ConnectionEvents) {
    this.#options = options;
    this.#events = events;
  }

  /** What the broker takes; true once connected. */
  get window(): { readonly acknowledged: number; readonly packetBytes: number } {
    return this.#window;
  }

  open(): void {
    import('mqtt')
      .then(({ default: library }) => {
        if (this.#over) return;
        this.#client = library.connect(this.#options.url, clientOptions(this.#options));
        this.#listen(this.#client);
      })
      .catch((thrown: unknown) => this.#lost(messageOf(thrown)));
  }

  /** Says once what is wished. */
  subscribe(wishes: Wishes): void {
    const topics = Object.fromEntries(
      wishes.topics.map(({ topic, qos, noLocal }) => [topic, { qos, nl: noLocal }] as const),
    );
    this.#client?.subscribe(topics, (error, _, packet) => {
      if (this.#over) return;
      if (packet === undefined) {
        // Neither yes nor no: the connection ends, or the library found the broker's answer against the rules.
        if (error) this.#why ||= error.message;
        return;
      }
      wishes.answer(
        wishes.topics.map((_wish, index) => {
          const code = Number(packet.granted[index] ?? 0x80);
          return code < 0x80 ? undefined : reasonInWords(code);
        }),
      );
    });
  }

  unsubscribe(topics: readonly string[]): void {
    if (topics.length > 0) this.#client?.unsubscribe([...topics], () => {});
  }

  /** Sends it; `answered` is called when the broker has it (QoS 0: it is written), or refused it. */
  publish(
    { topic, payload, qos, retain, expiresAt }: Outgoing,
    now: Millis,
    answered: (refused: boolean) => void,
  ): void {
    const seconds = expiresAt === undefined ? undefined : Math.max(1, Math.ceil((expiresAt - now) / 1000));
    const properties = { ...(seconds !== undefined && { messageExpiryInterval: seconds }) };
    // Both worlds' bytes: Node's library wants its own kind, a page has none but the library's.
    this.#client?.publish(topic, payload as Buffer, { qos, retain, properties }, (error) => {
      if (error === undefined || error === null) answered(false);
      else if ('code' in error && typeof error.code === 'number') answered(true);
      // Else the connection is gone, which is told by itself.
    });
  }

  /** Says goodbye; no event comes any more. */
  close(): Promise<void> {
    this.#over = true;
    const client = this.#client;
    if (client === undefined) return Promise.resolve();
    return new Promise((resolve) => {
      const force = setTimeout(() => client.end(true, () => resolve()), GOODBYE_MS);
      client.end(!client.connected, () => {
        clearTimeout(force);
        resolve();
      });
    });
  }

  #listen(client: MqttClient): void {
    client.on('connect', ({ properties }) => {
      if (this.#over) return;
      this.#stood = true;
      this.#window = {
        acknowledged: properties?.receiveMaximum ?? RECEIVE_MAXIMUM,
        packetBytes: properties?.maximumPacketSize ?? Number.POSITIVE_INFINITY,
      };
      this.#events.connected();
    });
    client.on('message', (topic, payload, { qos, retain }) => {
      if (!this.#over) this.#events.message(topic, new Uint8Array(payload), { qos, retained: retain });
    });
    client.on('disconnect', ({ reasonCode = 0 }) => this.#note(reasonCode));
    client.on('error', (error) => {
      const code = 'code' in error && typeof error.code === 'number' ? error.code : undefined;
      if (code !== undefined) this.#note(code);
      else this.#why ||= faultInWords(error);
    });
    client.on('close', () =>
      this.#lost(this.#why || (this.#stood ? 'the connection ended' : 'the broker did not answer')),
    );
  }

  #note(reasonCode: number): void {
    this.#why = reasonInWords(reasonCode);
    this.#refusal = finalRefusal(reasonCode);
  }

  #lost(why: string): void {
    if (this.#over) return;
    this.#over = true;
    this.#client?.end(true);
    this.#events.lost(why, this.#refusal);
  }
}

function clientOptions(options: MqttLinkOptions): IClientOptions {
  const { username, password, clientId = '', ca, keepAliveSeconds, connectTimeoutMs, will } = options;
  return {
    protocolVersion: 5,
    clean: true,
    clientId,
    keepalive: keepAliveSeconds ?? 20,
    connectTimeout: connectTimeoutMs ?? 10_000,
    reconnectPeriod: 0,
    resubscribe: false,
    queueQoSZero: false,
    rejectUnauthorized: true,
    properties: { maximumPacketSize: options.maxPacketBytes ?? 262_144 },
    ...(username !== undefined && { username }),
    ...(password !== undefined && { password }),
    ...(ca !== undefined && { ca }),
    ...(will && {
      will: {
        topic: will.topic,
        payload: (typeof will.payload === 'string'
          ? new TextEncoder().encode(will.payload)
          : will.payload) as Buffer,
        qos: will.qos ?? 0,
        retain: will.retain ?? false,
      },
    }),
  };
}

/** Why there is no connection, for a person. */
function faultInWords(error: Error): string {
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  switch (code) {
    case 'ECONNREFUSED':
      return 'nothing listens at the broker’s address';
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return 'the broker’s name is not known';
    case 'SELF_SIGNED_CERT_IN_CHAIN':
    case 'DEPTH_ZERO_SELF_SIGNED_CERT':
    case 'UNABLE_TO_VERIFY_LEAF_SIGNATURE':
    case 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY':
    case 'CERT_SIGNATURE_FAILURE':
      return 'the broker’s certificate is not from an authority that we trust: name the CA file that signed it';
    case 'ERR_TLS_CERT_ALTNAME_INVALID':
      return 'the broker’s certificate is for another name';
    default:
      return error.message === '' ? 'the connection failed' : error.message;
  }
}
