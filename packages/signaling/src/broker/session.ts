import { type Logger, MalformedError, type Millis } from '@pinhole/core';
import type { IConnectPacket, Packet } from 'mqtt-packet';
import type { BrokerCounters } from './counters.ts';
import { answerConnect, refusingConnack, versionOf, welcomingConnack } from './handshake.ts';
import type { BrokerDoor, BrokerIdentity } from './identity.ts';
import { IncomingMessages } from './incoming-messages.ts';
import { type BrokerLimits, WINDOW } from './limits.ts';
import type { BrokerMessage, Delivery, Port } from './message.ts';
import { Outbox } from './outbox.ts';
import { PacketBudget } from './packet-budget.ts';
import { PacketFrames } from './packet-frames.ts';
import { type ProtocolVersion, parsePacket, serializePacket } from './packets.ts';
import type { BrokerInput, BrokerPipe } from './pipe.ts';
import { REASON, type ReasonCode } from './reason-codes.ts';
import type { Router } from './router.ts';
import { SessionSubscriptions } from './session-subscriptions.ts';

/** What a session does with others of its broker. */
export interface SessionHost {
  readonly router: Router;
  readonly limits: BrokerLimits;
  readonly counters: BrokerCounters;
  readonly now: () => Millis;
  readonly log: Logger;
  newClientId(): string;
  /**
   * It said who it is. Another one of that client id and the same owner goes.
   * @returns false when the client id belongs to somebody else.
   */
  claim(session: Session): boolean;
  /** It is over. */
  left(session: Session): void;
}

/** Ended without its will: the client said goodbye itself. */
const GOODBYE = 'said goodbye';

/**
 * One connection of a client, from its first byte to its last. There are no sessions beyond that: the broker says so in
 * its CONNACK (MQTT 5 §3.2.2.3.2), and everybody who signals starts clean anyway.
 */
export class Session implements BrokerInput, Port {
  readonly #pipe: BrokerPipe;
  readonly #door: BrokerDoor;
  readonly #host: SessionHost;
  readonly #frames: PacketFrames;
  readonly #subscriptions: SessionSubscriptions;
  readonly #incoming: IncomingMessages;
  readonly #budget: PacketBudget;
  readonly #openedAt: Millis;
  #version: ProtocolVersion = 5;
  #clientId = '';
  #identity: BrokerIdentity | undefined;
  #outbox: Outbox | undefined;
  #will: IConnectPacket['will'];
  #keepAliveMs = 0;
  #heardAt: Millis;
  #over = false;

  constructor(pipe: BrokerPipe, door: BrokerDoor, host: SessionHost) {
    const at = host.now();
    this.#pipe = pipe;
    this.#door = door;
    this.#host = host;
    this.#frames = new PacketFrames({ maxBytes: host.limits.packetBytes });
    this.#subscriptions = new SessionSubscriptions(this, host);
    this.#incoming = new IncomingMessages(this, host);
    this.#openedAt = at;
    this.#heardAt = at;
    this.#budget = new PacketBudget({ perSecond: host.limits.packetsPerSecond, now: at });
  }

  get clientId(): string {
    return this.#clientId;
  }

  get address(): string {
    return this.#pipe.address;
  }

  /** Who it is; undefined until its CONNECT was accepted. */
  get identity(): BrokerIdentity | undefined {
    return this.#identity;
  }

  get queuedBytes(): number {
    return (this.#outbox?.queuedBytes ?? 0) + this.#pipe.bufferedBytes;
  }

  bytes(chunk: Uint8Array): void {
    if (this.#over) return;
    try {
      for (const frame of this.#frames.take(chunk)) {
        this.#handle(parsePacket(frame, this.#version));
        if (this.#over) return;
      }
    } catch (thrown) {
      if (!(thrown instanceof MalformedError)) throw thrown;
      const large = thrown.code === 'mqtt/oversized';
      this.#host.counters[large ? 'oversized' : 'malformed']++;
      this.end(large ? REASON.PACKET_TOO_LARGE : REASON.MALFORMED_PACKET, thrown.message);
    }
  }

  closed(): void {
    if (this.#over) return;
    this.#host.counters.lost++;
    this.#finish('the connection was lost');
  }

  deliver(message: BrokerMessage, delivery: Delivery): void {
    if (!this.#over) this.#outbox?.send(message, delivery);
  }

  /** Writes a packet. */
  send(packet: Packet): void {
    const bytes = serializePacket(packet, this.#version);
    if (bytes !== undefined && !this.#over) this.#pipe.write(bytes);
  }

  /** Ends it, telling why where MQTT has a word for it. */
  end(reason: ReasonCode, why: string): void {
    if (this.#over) return;
    if (this.#identity !== undefined && this.#version === 5) {
      this.send({ cmd: 'disconnect', reasonCode: reason, properties: { reasonString: why } });
    }
    this.#pipe.end();
    this.#finish(why);
  }

  /** What comes due. */
  tick(now: Millis): void {
    const { limits, counters } = this.#host;
    if (this.#identity === undefined) {
      if (now - this.#openedAt < limits.connectMs) return;
      counters.connectTimeouts++;
      this.end(REASON.KEEP_ALIVE_TIMEOUT, 'did not say who it is');
    } else if (this.#keepAliveMs > 0 && now - this.#heardAt > this.#keepAliveMs * 1.5) {
      counters.keepAliveExpired++;
      this.end(REASON.KEEP_ALIVE_TIMEOUT, 'was silent for too long');
    }
  }

  #handle(packet: Packet): void {
    const now = this.#host.now();
    this.#heardAt = now;
    if (!this.#budget.take(now)) {
      this.#host.counters.rateLimited++;
      this.end(REASON.MESSAGE_RATE_TOO_HIGH, 'sent too many packets a second');
      return;
    }
    if (this.#identity === undefined) {
      if (packet.cmd === 'connect') this.#connect(packet);
      else this.#breach(`${packet.cmd} before CONNECT`);
      return;
    }
    this.#serve(packet, this.#identity);
  }

  #serve(packet: Packet, { rights }: BrokerIdentity): void {
    switch (packet.cmd) {
      case 'publish':
        this.#incoming.publish(packet, rights);
        break;
      case 'pubrel':
        this.#incoming.release(packet.messageId ?? 0);
        break;
      case 'puback':
        this.#outbox?.acknowledged(packet.messageId ?? 0);
        break;
      case 'pubrec':
        this.#gotReceived(packet.messageId ?? 0, packet.reasonCode ?? 0);
        break;
      case 'pubcomp':
        this.#outbox?.completed(packet.messageId ?? 0);
        break;
      case 'subscribe':
        this.#subscriptions.subscribe(packet, rights, this.#version);
        break;
      case 'unsubscribe':
        this.#subscriptions.unsubscribe(packet);
        break;
      case 'pingreq':
        this.send({ cmd: 'pingresp' });
        break;
      case 'disconnect':
        this.#disconnect(packet.reasonCode ?? 0);
        break;
      case 'connect':
      case 'connack':
      case 'pingresp':
      case 'suback':
      case 'unsuback':
      case 'auth':
        this.#breach(`${packet.cmd} is not for a broker, or not now`);
    }
  }

  #gotReceived(messageId: number, reasonCode: number): void {
    const known = this.#outbox?.gotReceived(messageId, { refused: reasonCode >= 0x80 }) ?? false;
    if (reasonCode >= 0x80) return;
    this.send({
      cmd: 'pubrel',
      messageId,
      reasonCode: known ? REASON.SUCCESS : REASON.PACKET_IDENTIFIER_NOT_FOUND,
    });
  }

  #disconnect(reasonCode: number): void {
    // 0x04: goodbye, but say my will (MQTT 5 §3.14.2.1).
    if (reasonCode === 0x04) {
      this.#pipe.end();
      this.#finish('asked for its will');
      return;
    }
    this.#host.counters.disconnected++;
    this.#pipe.end();
    this.#finish(GOODBYE);
  }

  #connect(packet: IConnectPacket): void {
    const { counters } = this.#host;
    this.#version = versionOf(packet);
    const answer = answerConnect(packet, this.#door);
    if (answer.kind === 'refused') {
      counters[answer.counter]++;
      this.#refuse(answer.reason, answer.why);
      return;
    }
    this.#clientId = packet.clientId === '' ? this.#host.newClientId() : packet.clientId;
    const { will } = packet;
    if (will !== undefined && !this.#incoming.mayPublish(will, answer.identity.rights)) {
      counters.publishForbidden++;
      this.#refuse(REASON.NOT_AUTHORIZED, 'the will is not for this user to say');
      return;
    }
    this.#identity = answer.identity;
    if (!this.#host.claim(this)) {
      this.#identity = undefined;
      counters.refusedClientId++;
      this.#refuse(REASON.SERVER_BUSY, 'somebody else has this client id');
      return;
    }
    this.#welcome(packet);
  }

  #welcome(packet: IConnectPacket): void {
    const { counters, limits, now } = this.#host;
    this.#will = packet.will;
    this.#outbox = new Outbox({
      version: this.#version,
      receiveMaximum: packet.properties?.receiveMaximum ?? WINDOW,
      maximumPacketSize: packet.properties?.maximumPacketSize ?? Number.POSITIVE_INFINITY,
      maxQueuedBytes: limits.queuedBytesPerClient,
      bufferedBytes: () => this.#pipe.bufferedBytes,
      write: (bytes) => this.#pipe.write(bytes),
      overflowed: () => {
        counters.slowEnded++;
        this.end(REASON.QUOTA_EXCEEDED, 'took what was promised to it too slowly');
      },
      counters,
      now,
    });
    counters.connected++;
    const { connack, keepAliveMs } = welcomingConnack(packet, {
      version: this.#version,
      clientId: this.#clientId,
      limits,
      mayRetain: this.#identity?.rights.mayRetain ?? false,
    });
    this.#keepAliveMs = keepAliveMs;
    this.send(connack);
  }

  #refuse(reason: ReasonCode, why: string): void {
    this.send(refusingConnack(this.#version, reason, why));
    this.#pipe.end();
    this.#finish(why);
  }

  #breach(why: string): void {
    this.#host.counters.malformed++;
    this.end(REASON.PROTOCOL_ERROR, why);
  }

  #finish(why: string): void {
    this.#over = true;
    this.#subscriptions.clear();
    const { log } = this.#host;
    if (this.#identity !== undefined) {
      log.debug({ client: this.#clientId, address: this.#pipe.address, why }, 'an MQTT client is gone');
      if (this.#will !== undefined && why !== GOODBYE)
        this.#incoming.sayWill(this.#will, this.#identity.rights);
    }
    this.#host.left(this);
  }
}
