import type { Millis } from '@pinhole/core';
import { checkTopicName, type MqttQos } from '@pinhole/mqtt';
import type { IConnectPacket, IPublishPacket } from 'mqtt-packet';
import type { BrokerRights } from './identity.ts';
import { WINDOW } from './limits.ts';
import type { BrokerMessage } from './message.ts';
import { REASON, type ReasonCode } from './reason-codes.ts';
import type { Session, SessionHost } from './session.ts';

/** What a client publishes: each message once, answered as its QoS wants. @see MQTT 5 §4.3 */
export class IncomingMessages {
  readonly #session: Session;
  readonly #host: SessionHost;
  /** QoS 2 whose PUBREL is still to come. */
  readonly #unreleased = new Set<number>();

  constructor(session: Session, host: SessionHost) {
    this.#session = session;
    this.#host = host;
  }

  mayPublish(
    { topic, retain = false }: { readonly topic: string; readonly retain?: boolean },
    rights: BrokerRights,
  ): boolean {
    if (retain && !rights.mayRetain) return false;
    return this.#isTopic(topic) && rights.mayPublish(topic, this.#session.clientId);
  }

  publish(packet: IPublishPacket, rights: BrokerRights): void {
    const { qos, messageId = 0, properties } = packet;
    if (properties?.topicAlias !== undefined) {
      this.#session.end(REASON.TOPIC_ALIAS_INVALID, 'topic aliases were not offered');
      return;
    }
    if (!this.#isTopic(packet.topic)) {
      this.#session.end(REASON.TOPIC_NAME_INVALID, 'a topic that nothing can be published to');
      return;
    }
    if (qos === 2 && !this.#unreleased.has(messageId) && this.#unreleased.size >= WINDOW) {
      this.#session.end(REASON.RECEIVE_MAXIMUM_EXCEEDED, 'sent more at once than it was told');
      return;
    }
    if (qos === 2 && this.#unreleased.has(messageId)) {
      this.#session.send({ cmd: 'pubrec', messageId, reasonCode: REASON.SUCCESS });
      return;
    }
    const reasonCode = this.route(packet, rights);
    if (qos === 1) this.#session.send({ cmd: 'puback', messageId, reasonCode });
    if (qos === 2) {
      if (reasonCode < 0x80) this.#unreleased.add(messageId);
      this.#session.send({ cmd: 'pubrec', messageId, reasonCode });
    }
  }

  /** PUBREL. */
  release(messageId: number): void {
    const known = this.#unreleased.delete(messageId);
    this.#session.send({
      cmd: 'pubcomp',
      messageId,
      reasonCode: known ? REASON.SUCCESS : REASON.PACKET_IDENTIFIER_NOT_FOUND,
    });
  }

  /** Gives a message to those who want it, when it may be said. */
  route(packet: IPublishPacket, rights: BrokerRights): ReasonCode {
    const { counters, now, router } = this.#host;
    if (!this.mayPublish(packet, rights)) {
      counters.publishForbidden++;
      return REASON.NOT_AUTHORIZED;
    }
    counters.received++;
    const kept = router.publish(messageOf(packet, now()), this.#session);
    if (!kept) counters.retainedRefused++;
    return kept ? REASON.SUCCESS : REASON.QUOTA_EXCEEDED;
  }

  /** Publishes what somebody asked for who is gone now; nobody is there to answer to. */
  sayWill(will: NonNullable<IConnectPacket['will']>, rights: BrokerRights): void {
    const { topic, payload, qos = 0, retain = false, properties } = will;
    this.#host.counters.wills++;
    this.route(
      { cmd: 'publish', topic, payload, qos, retain, dup: false, properties: { ...properties } },
      rights,
    );
  }

  /** What begins with `$` is for brokers among themselves. */
  #isTopic(topic: string): boolean {
    if (topic.startsWith('$') || topic.split('/').length > this.#host.limits.topicLevels) return false;
    try {
      checkTopicName(topic);
      return true;
    } catch {
      return false; // the one thing that it throws
    }
  }
}

function messageOf(packet: IPublishPacket, now: Millis): BrokerMessage {
  const { topic, payload, qos, retain, properties = {} } = packet;
  const { messageExpiryInterval, payloadFormatIndicator, responseTopic, correlationData } = properties;
  const { userProperties, contentType } = properties;
  return {
    topic,
    payload: typeof payload === 'string' ? Buffer.from(payload) : payload,
    qos: qos satisfies MqttQos,
    retain,
    expiresAt:
      messageExpiryInterval === undefined ? undefined : ((now + messageExpiryInterval * 1000) as Millis),
    properties: {
      ...(payloadFormatIndicator !== undefined && { payloadFormatIndicator }),
      ...(responseTopic !== undefined && { responseTopic }),
      ...(correlationData !== undefined && { correlationData }),
      ...(userProperties !== undefined && { userProperties }),
      ...(contentType !== undefined && { contentType }),
    },
  };
}
