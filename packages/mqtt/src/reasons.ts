import { PinholeError } from '@pinhole/core';

/** @see MQTT 5 §2.4 */
const WORDS: Readonly<Record<number, string>> = {
  4: 'wrong user name or password',
  5: 'this user may not connect',
  1: 'the broker does not speak MQTT 5',
  128: 'the broker gave no reason',
  129: 'the broker could not read our message',
  130: 'the broker found our message against the rules of MQTT',
  131: 'the broker does not accept this',
  132: 'the broker does not speak MQTT 5',
  133: 'the broker does not accept this client id',
  134: 'wrong user name or password',
  135: 'not allowed for this user',
  136: 'the broker is not available now',
  137: 'the broker is busy',
  138: 'this client is banned',
  139: 'the broker is shutting down',
  140: 'the broker wants another way of authentication',
  141: 'the broker did not hear from us in time',
  142: 'another client connected with the same client id',
  143: 'the broker does not accept this topic filter',
  144: 'the broker does not accept this topic',
  147: 'more messages at once than the broker takes',
  149: 'the message is larger than the broker takes',
  150: 'too many messages a second',
  151: 'a limit of the broker is reached',
  152: 'ended by the broker’s administration',
  153: 'the payload is not what it says it is',
  154: 'the broker keeps no retained messages',
  155: 'the broker does not offer this QoS',
  156: 'the broker sends us to another server',
  157: 'the broker has moved',
  158: 'the broker has no shared subscriptions',
  159: 'too many connections a second',
  161: 'the broker takes no subscription identifiers',
  162: 'the broker takes no wildcards',
};

/** A reason code in words. @see MQTT 5 §2.4 */
export const reasonInWords = (code: number): string =>
  WORDS[code] ?? `reason 0x${code.toString(16).padStart(2, '0')}`;

/** The same attempt would fail again, so nobody makes it. */
const FINAL: Readonly<Record<number, 'mqtt/bad-credentials' | 'mqtt/taken-over' | 'mqtt/refused'>> = {
  1: 'mqtt/refused',
  2: 'mqtt/refused',
  4: 'mqtt/bad-credentials',
  5: 'mqtt/bad-credentials',
  132: 'mqtt/refused',
  133: 'mqtt/refused',
  134: 'mqtt/bad-credentials',
  135: 'mqtt/bad-credentials',
  138: 'mqtt/refused',
  140: 'mqtt/refused',
  142: 'mqtt/taken-over',
};

/** Why the broker does not want us again; undefined when a later attempt may succeed. */
export function finalRefusal(reasonCode: number): PinholeError | undefined {
  const code = FINAL[reasonCode];
  return code && new PinholeError(code, `the MQTT broker refused us: ${reasonInWords(reasonCode)}`);
}
