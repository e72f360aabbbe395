import { millis } from '@pinhole/core';
import { describe, expect, it } from 'vitest';
import { OutgoingQueue } from './outgoing-queue.ts';

const WIDE = { acknowledged: 10, packetBytes: Number.POSITIVE_INFINITY };
const START = millis(0);
const topicsOf = (queue: OutgoingQueue, window = WIDE, now = START): readonly string[] => {
  const topics: string[] = [];
  for (let next = queue.take(now, window); next; next = queue.take(now, window)) topics.push(next.topic);
  return topics;
};

describe('what waits to be published', () => {
  it('goes in the order in which it came, and is the queue’s own copy', () => {
    const queue = new OutgoingQueue({ messages: 10, bytes: 10_000 });
    const payload = Uint8Array.of(1, 2);

    queue.add('a', payload, {}, START);
    queue.add('b', 'text', { qos: 2 }, START);
    payload[0] = 9;

    expect(queue.take(START, WIDE)?.payload).toEqual(Uint8Array.of(1, 2));
    expect(topicsOf(queue)).toEqual(['b']);
  });

  it('is bounded by number and by bytes, with what is on its way', () => {
    const queue = new OutgoingQueue({ messages: 2, bytes: 300 });

    expect(queue.add('a', 'x', {}, START)).toBe(true);
    expect(topicsOf(queue)).toEqual(['a']);
    expect(queue.add('b', 'x'.repeat(200), {}, START)).toBe(false);
    expect(queue.add('c', 'x', {}, START)).toBe(true);
    expect(queue.add('d', 'x', {}, START)).toBe(false);
    expect(queue.counters.droppedFull).toBe(2);
  });

  it('gets its room back once the broker has it', () => {
    const queue = new OutgoingQueue({ messages: 1, bytes: 300 });
    queue.add('a', 'x'.repeat(200), { qos: 1 }, START);
    const message = queue.take(START, WIDE);

    expect(message && queue.done(message)).toBe(true);
    expect(message && queue.done(message)).toBe(false);
    expect(queue.add('b', 'x'.repeat(200), {}, START)).toBe(true);
  });

  it('holds back QoS 1 and 2 beyond what the broker takes at once, and all behind it', () => {
    const queue = new OutgoingQueue({ messages: 10, bytes: 10_000 });
    for (const topic of ['a', 'b', 'c']) queue.add(topic, '', { qos: topic === 'c' ? 0 : 1 }, START);

    const first = queue.take(START, { ...WIDE, acknowledged: 1 });

    expect(first?.topic).toBe('a');
    expect(queue.take(START, { ...WIDE, acknowledged: 1 })).toBeUndefined();
    if (first) queue.done(first);
    expect(topicsOf(queue, { ...WIDE, acknowledged: 1 })).toEqual(['b', 'c']);
  });

  it('is dropped when nobody wants it any more, or the broker takes none of that size', () => {
    const queue = new OutgoingQueue({ messages: 10, bytes: 10_000 });
    queue.add('old', '', { expirySeconds: 1 }, START);
    queue.add('large', 'x'.repeat(500), {}, START);
    queue.add('good', '', { expirySeconds: 2 }, START);

    expect(topicsOf(queue, { ...WIDE, packetBytes: 400 }, millis(1500))).toEqual(['good']);
    expect(queue.counters).toMatchObject({ droppedExpired: 1, droppedTooLarge: 1 });
  });

  it('goes again with the next connection, where the broker did not answer for it', () => {
    const queue = new OutgoingQueue({ messages: 10, bytes: 10_000 });
    queue.add('a', '', { qos: 1 }, START);
    queue.add('b', '', { qos: 0 }, START);
    queue.add('c', '', { qos: 2 }, START);
    topicsOf(queue);
    queue.add('d', '', {}, START);

    queue.takeBack();

    expect(topicsOf(queue)).toEqual(['a', 'c', 'd']);
    expect(queue.counters.lostOnTheWay).toBe(1);
  });
});
