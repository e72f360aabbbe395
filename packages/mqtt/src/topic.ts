import { PinholeError } from '@pinhole/core';
import { MAX_TOPIC_BYTES } from './limits.ts';

const utf8 = new TextEncoder();

/**
 * Checks a topic that is published to.
 * @throws {PinholeError} `mqtt/bad-topic`
 * @see MQTT 5 §4.7.1, §4.7.3
 */
export function checkTopicName(topic: string): void {
  checkText(topic);
  if (/[+#]/.test(topic)) throw bad(topic, 'one publishes to a single topic, without + and #');
}

/**
 * Checks a topic filter: `+` only as a whole level, `#` only as the last one.
 * @throws {PinholeError} `mqtt/bad-topic`
 * @see MQTT 5 §4.7.1
 */
export function checkTopicFilter(filter: string): void {
  checkText(filter);
  const levels = filter.split('/');
  levels.forEach((level, index) => {
    if (level === '+' || (level === '#' && index === levels.length - 1)) return;
    if (/[+#]/.test(level)) throw bad(filter, '+ stands for a whole level, # for the whole rest at the end');
  });
}

/**
 * Whether a filter covers a topic.
 * @see MQTT 5 §4.7.2: topics that begin with `$` are not covered by a wildcard at the beginning
 */
export function topicMatches(filter: string, topic: string): boolean {
  if (filter === topic) return true;
  const [wanted, given] = [filter.split('/'), topic.split('/')];
  if (topic.startsWith('$') && (wanted[0] === '+' || wanted[0] === '#')) return false;
  for (let level = 0; level < wanted.length; level++) {
    if (wanted[level] === '#') return true;
    if (level >= given.length || (wanted[level] !== '+' && wanted[level] !== given[level])) return false;
  }
  return wanted.length === given.length;
}

function checkText(topic: string): void {
  if (topic === '') throw bad(topic, 'it is empty');
  if (topic.includes('\0')) throw bad(topic, 'it contains the character U+0000');
  if (utf8.encode(topic).byteLength > MAX_TOPIC_BYTES) {
    throw bad(topic, `it has more than ${MAX_TOPIC_BYTES} bytes`);
  }
}

const bad = (topic: string, why: string) =>
  new PinholeError('mqtt/bad-topic', `MQTT topic ${JSON.stringify(topic.slice(0, 80))}: ${why}`);
