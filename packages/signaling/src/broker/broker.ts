import { type Logger, type Micros, type Millis, PinholeError } from '@pinhole/core';
import type { Identity } from '@pinhole/engine';
import type { MqttLink } from '@pinhole/mqtt';
import { type BrokerCounters, newBrokerCounters } from './counters.ts';
import type { BrokerDoor, BrokerIdentity } from './identity.ts';
import { BROKER_LIMITS, type BrokerLimits } from './limits.ts';
import { LocalLink, type LocalLinkOptions } from './local-link.ts';
import type { BrokerInput, BrokerPipe } from './pipe.ts';
import { REASON } from './reason-codes.ts';
import { Router } from './router.ts';
import { Session, type SessionHost } from './session.ts';

/** What a {@link Broker} works with. */
export interface BrokerOptions {
  readonly limits?: Partial<BrokerLimits>;
  /** What counts as one address for the limit: a household's IPv6 network, say. Default: the address. */
  readonly householdOf?: (address: string) => string;
  /** Monotonic. */
  readonly now: () => Millis;
  /** UTC, for the end of tokens. */
  readonly utcNow: () => Micros;
  readonly newClientId: () => string;
  readonly log: Logger;
}

/** What a broker holds now. */
export interface BrokerGauges {
  readonly clients: number;
  readonly subscriptions: number;
  readonly retainedMessages: number;
  readonly retainedBytes: number;
  readonly queuedBytes: number;
}

/**
 * A broker of MQTT 5 (and 3.1.1) for signaling: QoS 0 to 2 both ways, No Local, retained messages, wills, properties.
 *
 * It is our own, as the one at hand for Node, aedes 1.2, refuses every CONNECT of MQTT 5 with “unacceptable protocol
 * version”, and pi-webrtc and its pages speak nothing else; No Local, reason codes and properties cannot be put around it
 * from outside. What is left out is left out by the standard's own means: sessions beyond a connection, topic aliases and
 * shared subscriptions (the CONNACK says so), and a chain of brokers.
 */
export class Broker {
  readonly counters: BrokerCounters = newBrokerCounters();
  readonly #options: BrokerOptions;
  readonly limits: BrokerLimits;
  readonly #router: Router;
  readonly #sessions = new Map<Session, BrokerPipe>();
  readonly #perHousehold = new Map<string, number>();
  /** Those who said who they are, by client id. */
  readonly #clients = new Map<string, Session | LocalLink>();
  readonly #host: SessionHost;
  #closed = false;

  constructor(options: BrokerOptions) {
    this.#options = options;
    this.limits = { ...BROKER_LIMITS, ...options.limits };
    this.#router = new Router({ limits: this.limits, now: options.now });
    this.#host = {
      router: this.#router,
      limits: this.limits,
      counters: this.counters,
      now: options.now,
      log: options.log,
      newClientId: options.newClientId,
      claim: (session) => this.#claim(session),
      left: (session) => this.#left(session),
    };
  }

  get gauges(): BrokerGauges {
    return {
      clients: this.#clients.size,
      ...this.#router.gauges,
      queuedBytes: [...this.#sessions.keys()].reduce((sum, session) => sum + session.queuedBytes, 0),
    };
  }

  /**
   * Makes sure that there is room for one more from that address.
   * @throws {PinholeError} `mqtt/too-many-clients`
   */
  admit(address: string): void {
    const { clients, clientsPerAddress } = this.limits;
    const ofThis = this.#perHousehold.get(this.#householdOf(address)) ?? 0;
    if (!this.#closed && this.#sessions.size < clients && ofThis < clientsPerAddress) return;
    this.counters.refusedFull++;
    throw new PinholeError(
      'mqtt/too-many-clients',
      this.#closed ? 'the broker is shutting down' : 'as many MQTT clients are here as may be; try later',
    );
  }

  /** Takes a connection that {@link admit} let pass; `door` decides about its credentials. */
  accept(pipe: BrokerPipe, door: BrokerDoor): BrokerInput {
    const session = new Session(pipe, door, this.#host);
    const household = this.#householdOf(pipe.address);
    this.#sessions.set(session, pipe);
    this.#perHousehold.set(household, (this.#perHousehold.get(household) ?? 0) + 1);
    return session;
  }

  /** A client in this process: the same face as a link over a network, without a socket, with all rights. */
  openLink(options: LocalLinkOptions = {}): MqttLink {
    const clientId = options.clientId ?? this.#options.newClientId();
    if (this.#clients.has(clientId)) {
      throw new PinholeError('mqtt/client-id-taken', `the client id ${clientId.slice(0, 64)} is taken`);
    }
    const link: LocalLink = new LocalLink(options, {
      clientId,
      router: this.#router,
      counters: this.counters,
      now: this.#options.now,
      left: () => this.#clients.delete(clientId),
    });
    this.#clients.set(clientId, link);
    return link;
  }

  /** Who a client is that is connected now; undefined for nobody, and for a link of this process. */
  identityOf(clientId: string): BrokerIdentity | undefined {
    const client = this.#clients.get(clientId);
    return client instanceof LocalLink ? undefined : client?.identity;
  }

  /** What comes due; a few times a second. */
  tick(): void {
    const [now, utcNow] = [this.#options.now(), this.#options.utcNow()];
    for (const session of Array.from(this.#sessions.keys())) session.tick(now);
    this.#endWhere(({ expiresAt }) => expiresAt !== undefined && expiresAt <= utcNow, 'its token expired');
    this.#router.tick();
  }

  /** Ends those whom something let in that does not hold any more. @returns how many. */
  endWhere(matches: (one: { readonly who: Identity }) => boolean, _why: 'revoked'): number {
    return this.#endWhere((who) => matches({ who }), 'its token was revoked');
  }

  /** Says goodbye to everybody; nobody is let in any more. */
  close(): void {
    this.#closed = true;
    for (const session of Array.from(this.#sessions.keys())) {
      session.end(REASON.SERVER_SHUTTING_DOWN, 'the broker is shutting down');
    }
    for (const client of Array.from(this.#clients.values())) {
      if (client instanceof LocalLink) void client.close();
    }
  }

  #endWhere(matches: (who: Identity) => boolean, why: string): number {
    const going = [...this.#sessions.keys()].filter(({ identity }) => identity && matches(identity.who));
    for (const session of going) {
      this.counters.revoked++;
      session.end(REASON.NOT_AUTHORIZED, why);
    }
    return going.length;
  }

  #claim(session: Session): boolean {
    const holder = this.#clients.get(session.clientId);
    if (holder !== undefined) {
      if (holder instanceof LocalLink || holder.identity?.owner !== session.identity?.owner) return false;
      this.counters.takenOver++;
      holder.end(REASON.SESSION_TAKEN_OVER, 'came again with the same client id');
    }
    this.#clients.set(session.clientId, session);
    this.#sessions.get(session)?.identified();
    return true;
  }

  #left(session: Session): void {
    if (this.#clients.get(session.clientId) === session) this.#clients.delete(session.clientId);
    if (!this.#sessions.delete(session)) return;
    const household = this.#householdOf(session.address);
    const left = (this.#perHousehold.get(household) ?? 1) - 1;
    if (left === 0) this.#perHousehold.delete(household);
    else this.#perHousehold.set(household, left);
  }

  #householdOf(address: string): string {
    return this.#options.householdOf?.(address) ?? address;
  }
}
