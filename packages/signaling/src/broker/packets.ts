import { MalformedError, messageOf } from '@pinhole/core';
import { generate, type IConnectPacket, type Packet, parser } from 'mqtt-packet';

/** The kinds of MQTT that are spoken here: 3.1.1 and 5. */
export type ProtocolVersion = 4 | 5;

/** What properties are, where they are known; numbers within what their field holds. @see MQTT 5 §2.2.2.2 */
const PROPERTY_TYPES: Readonly<Record<string, 'number' | 'boolean' | 'string' | 'bytes' | 'pairs'>> = {
  payloadFormatIndicator: 'boolean',
  messageExpiryInterval: 'number',
  contentType: 'string',
  responseTopic: 'string',
  correlationData: 'bytes',
  subscriptionIdentifier: 'number',
  sessionExpiryInterval: 'number',
  authenticationMethod: 'string',
  authenticationData: 'bytes',
  requestProblemInformation: 'boolean',
  requestResponseInformation: 'boolean',
  willDelayInterval: 'number',
  reasonString: 'string',
  receiveMaximum: 'number',
  topicAliasMaximum: 'number',
  topicAlias: 'number',
  maximumPacketSize: 'number',
  userProperties: 'pairs',
};

/** Those that mean nothing when they are 0. @see MQTT 5 §3.1.2.11, §3.8.2.1.2 */
const NOT_ZERO = ['receiveMaximum', 'maximumPacketSize', 'subscriptionIdentifier', 'topicAlias'] as const;
/** What a decoder of UTF-8 puts where there is none. */
const REPLACEMENT = '\ufffd';

/**
 * Reads one whole packet. The parser of `mqtt-packet` is generous: it hands out -1 and null for what is cut short, takes
 * properties twice and text that is no UTF-8. None of that gets past here.
 * @throws {MalformedError} `mqtt/malformed`
 */
export function parsePacket(bytes: Uint8Array, version: ProtocolVersion): Packet {
  const found: Packet[] = [];
  const faults: string[] = [];
  try {
    const reader = parser({ protocolVersion: version });
    reader.on('packet', (packet) => found.push(packet));
    reader.on('error', (error: unknown) => faults.push(messageOf(error)));
    reader.parse(asBuffer(bytes));
  } catch (thrown) {
    faults.push(messageOf(thrown));
  }
  const [packet] = found;
  if (faults.length > 0 || packet === undefined) {
    throw malformed(faults[0] ?? 'a packet that is shorter than its content');
  }
  check(packet);
  return packet;
}

/** Writes one packet; undefined when it cannot be written, which is what hostile properties may come to. */
export function serializePacket(packet: Packet, version: ProtocolVersion): Uint8Array | undefined {
  try {
    return generate(packet, { protocolVersion: version });
  } catch {
    return undefined;
  }
}

/** The same bytes, as the kind that the parser wants. */
export const asBuffer = (bytes: Uint8Array): Buffer =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);

function check(packet: Packet): void {
  const { messageId } = packet;
  if (messageId !== undefined && (messageId < 1 || messageId > 0xff_ff))
    throw malformed('no packet identifier');
  if ('properties' in packet) checkProperties(packet.properties);
  switch (packet.cmd) {
    case 'connect':
      checkConnect(packet);
      break;
    case 'publish':
      checkText('the topic', packet.topic);
      break;
    case 'subscribe':
      if (packet.subscriptions.length === 0) throw malformed('a SUBSCRIBE without a topic');
      for (const { topic } of packet.subscriptions) checkText('the topic filter', topic);
      break;
    case 'unsubscribe':
      if (packet.unsubscriptions.length === 0) throw malformed('an UNSUBSCRIBE without a topic');
      for (const topic of packet.unsubscriptions) checkText('the topic filter', topic);
      break;
    case 'auth':
    case 'connack':
    case 'disconnect':
    case 'pingreq':
    case 'pingresp':
    case 'puback':
    case 'pubcomp':
    case 'pubrec':
    case 'pubrel':
    case 'suback':
    case 'unsuback':
      break; // an identifier and properties at most
  }
}

function checkConnect({ clientId, username, password, will }: IConnectPacket): void {
  checkText('the client id', clientId);
  if (username !== undefined) checkText('the user name', username);
  if (password !== undefined) checkText('the password', password.toString());
  if (will === undefined) return;
  checkText('the topic of the will', will.topic);
  checkProperties(will.properties);
  if (will.qos !== 0 && will.qos !== 1 && will.qos !== 2) throw malformed('the QoS of the will');
}

/** MQTT 5 §1.5.4 */
function checkText(what: string, text: unknown): void {
  if (typeof text !== 'string' || text.includes(REPLACEMENT) || text.includes('\0')) {
    throw malformed(`${what} is no text in UTF-8`);
  }
}

function checkProperties(properties: unknown): void {
  if (properties === undefined) return;
  if (typeof properties !== 'object' || properties === null) throw malformed('the properties');
  for (const [name, value] of Object.entries(properties)) {
    if (!fits(value, PROPERTY_TYPES[name])) throw malformed(`the property ${name}`);
    if (value === 0 && NOT_ZERO.some((other) => other === name)) throw malformed(`the property ${name} is 0`);
  }
}

function fits(value: unknown, type: (typeof PROPERTY_TYPES)[string] | undefined): boolean {
  switch (type) {
    case 'number':
      return typeof value === 'number' && value >= 0;
    case 'boolean':
      return typeof value === 'boolean';
    case 'string':
      return isText(value);
    case 'bytes':
      return value instanceof Uint8Array;
    case 'pairs':
      return (
        typeof value === 'object' &&
        value !== null &&
        Object.entries(value).every(([name, text]) => isText(name) && [text].flat().every(isText))
      );
    case undefined:
      return false;
  }
}

const isText = (value: unknown): boolean =>
  typeof value === 'string' && !value.includes(REPLACEMENT) && !value.includes('\0');

const malformed = (what: string) => new MalformedError('mqtt/malformed', what);
