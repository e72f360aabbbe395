import { describe, expect, it } from 'vitest';
import { MAX_TOPIC_BYTES } from './limits.ts';
import { checkTopicFilter, checkTopicName, topicMatches } from './topic.ts';

describe('a topic filter', () => {
  it.each([
    ['garden/offer/+', 'garden/offer/a', true],
    ['garden/offer/+', 'garden/offer/a/b', false],
    ['garden/offer/+', 'garden/offer', false],
    ['garden/#', 'garden', true],
    ['garden/#', 'garden/offer/a', true],
    ['+/+', 'garden/', true],
    ['+', '/garden', false],
    ['#', 'garden/offer', true],
    ['#', '$SYS/uptime', false],
    ['+/uptime', '$SYS/uptime', false],
    ['$SYS/#', '$SYS/uptime', true],
    ['garden', 'gardens', false],
  ])('%s and %s: %s', (filter, topic, matches) => {
    expect(topicMatches(filter, topic)).toBe(matches);
  });

  it.each(['', 'a/#/b', 'a#', 'a/b+', 'a\0b', 'x'.repeat(MAX_TOPIC_BYTES + 1), 'ä'.repeat(MAX_TOPIC_BYTES)])(
    'cannot be %j',
    (filter) => {
      expect(() => checkTopicFilter(filter)).toThrow(expect.objectContaining({ code: 'mqtt/bad-topic' }));
    },
  );

  it.each(['#', '+', '/', '+/#', 'a/+/b', '//'])('can be %s', (filter) => {
    expect(() => checkTopicFilter(filter)).not.toThrow();
  });
});

it('nobody publishes to a wildcard', () => {
  for (const topic of ['a/+', 'a/#', '', 'a+']) {
    expect(() => checkTopicName(topic)).toThrow(expect.objectContaining({ code: 'mqtt/bad-topic' }));
  }
  expect(() => checkTopicName('garden/offer/a')).not.toThrow();
});
