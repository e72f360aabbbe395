import type { Millis } from '@pinhole/core';
import type { MqttQos } from '@pinhole/mqtt';
import type { IPublishPacket } from 'mqtt-packet';

/** What a publisher may say beside the payload, and every MQTT 5 subscriber gets unaltered. @see MQTT 5 §3.3.2.3 */
export type MessageProperties = Pick<
  NonNullable<IPublishPacket['properties']>,
  'payloadFormatIndicator' | 'responseTopic' | 'correlationData' | 'userProperties' | 'contentType'
>;

/** One message on its way through the broker. */
export interface BrokerMessage {
  readonly topic: string;
  /** Nobody changes it. */
  readonly payload: Uint8Array;
  readonly qos: MqttQos;
  readonly retain: boolean;
  readonly properties: MessageProperties;
  /** Monotonic; nobody gets it after that. */
  readonly expiresAt: Millis | undefined;
}

/** How one subscriber gets a message. */
export interface Delivery {
  readonly qos: MqttQos;
  readonly retain: boolean;
  /** @see MQTT 5 §3.3.2.3.8 */
  readonly identifiers: readonly number[];
}

/** Where messages for one client go. */
export interface Port {
  readonly clientId: string;
  /** Never throws and never calls back into the router. */
  deliver(message: BrokerMessage, delivery: Delivery): void;
}
