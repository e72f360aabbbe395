import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  clientFilters,
  deviceFilters,
  parseSignalTopic,
  requireClientId,
  requireUid,
  type SignalEnd,
  type SignalKind,
  signalTopic,
  type TopicFamily,
} from './topics.ts';

const TOPICS: readonly (readonly [TopicFamily, SignalEnd, SignalKind, string])[] = [
  ['sdp', 'client', 'offer', 'garden/sdp/c1/offer'],
  ['sdp', 'client', 'candidate', 'garden/ice/c1/offer'],
  ['sdp', 'device', 'answer', 'garden/sdp/c1'],
  ['sdp', 'device', 'candidate', 'garden/ice/c1'],
  ['offer', 'client', 'offer', 'garden/offer/c1'],
  ['offer', 'device', 'offer', 'garden/offer/c1'],
  ['offer', 'client', 'answer', 'garden/answer/c1'],
  ['offer', 'device', 'answer', 'garden/answer/c1'],
  ['offer', 'client', 'candidate', 'garden/ice/c1'],
  ['offer', 'device', 'candidate', 'garden/ice/c1'],
];

describe('topics', () => {
  it.each(TOPICS)('of family %s: what a %s says with a %s goes on %s', (family, from, kind, topic) => {
    expect(signalTopic(from, { family, kind, uid: 'garden', cid: 'c1' })).toBe(topic);
    expect(parseSignalTopic(from, topic)).toEqual({
      family: from === 'device' && kind === 'candidate' ? undefined : family,
      kind,
      uid: 'garden',
      cid: 'c1',
    });
  });

  it('that a real device answers on by another family are not made', () => {
    expect(() => signalTopic('client', { family: 'sdp', kind: 'answer', uid: 'a', cid: 'b' })).toThrow(
      RangeError,
    );
    expect(() => signalTopic('device', { family: 'sdp', kind: 'offer', uid: 'a', cid: 'b' })).toThrow(
      RangeError,
    );
  });

  it.each([
    ['client', 'garden/sdp/c1'],
    ['device', 'garden/sdp/c1/offer'],
    ['client', 'garden/sdp/c1/answer'],
    ['client', 'garden/sdp//offer'],
    ['client', 'garden/offer/'],
    ['client', '/offer/c1'],
    ['client', 'garden/offer/c1/more'],
    ['client', 'garden/offer/c1/offer/more'],
    ['client', 'garden/status/c1'],
    ['client', 'offer/c1'],
    ['client', `garden/offer/${'x'.repeat(129)}`],
    ['client', 'garden/offer/c\u00001'],
    ['client', '$SYS/offer/c1'],
    ['client', ''],
  ] as const)('from a %s, %j is none of ours', (from, topic) => {
    expect(parseSignalTopic(from, topic)).toBeUndefined();
  });

  it('that a device subscribes to are five, with No Local', () => {
    expect(deviceFilters('garden').map((filter) => filter.topic)).toEqual([
      'garden/sdp/+/offer',
      'garden/ice/+/offer',
      'garden/offer/+',
      'garden/answer/+',
      'garden/ice/+',
    ]);
    expect(deviceFilters('garden').every((filter) => filter.noLocal && filter.qos === 0)).toBe(true);
  });

  it('that a client subscribes to take what a device of either family sends', () => {
    const topics = clientFilters('garden', 'c1').map((filter) => filter.topic);

    const sent = TOPICS.filter(([, from]) => from === 'device').map(([, , , topic]) => topic);
    expect(new Set(topics)).toEqual(new Set(sent));
    expect(topics).toHaveLength(4);
  });
});

describe('ids', () => {
  it.each(['', 'a/b', 'a+b', '#', 'a\nb', 'x'.repeat(129), '\ud800'])('%j is neither', (id) => {
    expect(() => requireUid(id)).toThrowError(expect.objectContaining({ code: 'picamera/uid' }));
    expect(() => requireClientId(id)).toThrowError(expect.objectContaining({ code: 'picamera/client-id' }));
  });

  it.each(['$SYS', 'a|b'])('%j is no uid: it would be no topic or no stream id', (uid) => {
    expect(() => requireUid(uid)).toThrowError(expect.objectContaining({ code: 'picamera/uid' }));
    expect(requireClientId(uid)).toBe(uid);
  });

  it('of any characters else are taken', () => {
    for (const id of ['garden', 'Küche 2', '0b3c1e9e-6f9d-4a56-9f39-9b8d8f1a2b3c'])
      expect(requireUid(id)).toBe(id);
  });
});

it('any topic at all is parsed or passed over', () => {
  const levels = fc.constantFrom('garden', 'sdp', 'ice', 'offer', 'answer', '', '+', '#', 'c1');
  const topic = fc.oneof(
    fc.string(),
    fc.array(levels, { maxLength: 6 }).map((parts) => parts.join('/')),
  );
  fc.assert(
    fc.property(topic, fc.constantFrom<SignalEnd>('client', 'device'), (text, from) => {
      const parsed = parseSignalTopic(from, text);
      if (parsed === undefined) return;
      const family = parsed.family ?? 'sdp';
      expect(signalTopic(from, { ...parsed, family })).toBe(text);
    }),
    { numRuns: 3000 },
  );
});
