import { MalformedError } from '@pinhole/core';

/** The longest uid or client id, in UTF-16 units. */
export const MAX_ID_CHARS = 128;

/** Topics of generations A and B (`sdp`), or of C and D (`offer`); a real device or client has one of them. */
export type TopicFamily = 'sdp' | 'offer';

/** What a topic carries. */
export type SignalKind = 'offer' | 'answer' | 'candidate';

/** Who sends, or sent, the message. */
export type SignalEnd = 'client' | 'device';

/** What a topic says of its message. */
export interface SignalTopic {
  /**
   * `undefined` where the topic alone cannot tell: a candidate from a device has the same topic in both families.
   */
  readonly family: TopicFamily | undefined;
  readonly kind: SignalKind;
  /** The device. */
  readonly uid: string;
  /** The viewer: the MQTT client id of the browser. */
  readonly cid: string;
}

/** A topic that somebody subscribes to, with what the subscription needs. */
export interface TopicFilter {
  readonly family: TopicFamily;
  readonly topic: string;
  readonly qos: 0 | 2;
  /** MQTT 5 No Local. Without it both ends of family `offer` receive what they sent themselves. */
  readonly noLocal: true;
}

/** One level of a topic: nothing that ends, matches or breaks it. */
const LEVEL = /^[^\p{Cc}\p{Cs}+#/]+$/u;

/**
 * Checks the id of a device: it becomes a topic level and a stream id.
 * @returns `uid` itself
 * @throws {MalformedError} `picamera/uid`
 */
export function requireUid(uid: string): string {
  const why = uid.startsWith('$') || uid.includes('|') ? 'begins with $ or has a |' : levelFault(uid);
  if (why === undefined) return uid;
  throw new MalformedError('picamera/uid', `the uid ${shown(uid)} ${why}; use letters, digits, - and _`);
}

/**
 * Checks the id of a viewer.
 * @returns `cid` itself
 * @throws {MalformedError} `picamera/client-id`
 */
export function requireClientId(cid: string): string {
  const why = levelFault(cid);
  if (why === undefined) return cid;
  throw new MalformedError(
    'picamera/client-id',
    `the MQTT client id ${shown(cid)} ${why}; a UUID is always good`,
  );
}

/**
 * The topic of a message.
 * @throws {MalformedError} `picamera/uid`, `picamera/client-id`
 * @throws {RangeError} for what the family has no topic for: generations A and B know one offer and one answer
 */
export function signalTopic(from: SignalEnd, topic: SignalTopic & { readonly family: TopicFamily }): string {
  const uid = requireUid(topic.uid);
  const cid = requireClientId(topic.cid);
  if (topic.family === 'offer') return [uid, LEVEL_OF_KIND[topic.kind], cid].join('/');
  const fits = topic.kind === 'candidate' || (topic.kind === 'offer') === (from === 'client');
  if (!fits) throw new RangeError(`family sdp has no topic for an ${topic.kind} of a ${from}`);
  const level = topic.kind === 'candidate' ? 'ice' : 'sdp';
  return [uid, level, cid, ...(from === 'client' ? ['offer'] : [])].join('/');
}

/**
 * Reads a topic, knowing who sent on it.
 * @returns undefined where it is none of ours, or an id in it breaks the rules; for any text whatsoever, never a throw
 */
export function parseSignalTopic(from: SignalEnd, topic: string): SignalTopic | undefined {
  const [uid = '', level = '', cid = '', last, ...more] = topic.split('/', 5);
  if (more.length > 0 || levelFault(uid) !== undefined || levelFault(cid) !== undefined) return undefined;
  if (uid.startsWith('$') || uid.includes('|')) return undefined;
  if (last !== undefined) {
    if (from === 'device' || last !== 'offer') return undefined;
    if (level === 'sdp') return { family: 'sdp', kind: 'offer', uid, cid };
    return level === 'ice' ? { family: 'sdp', kind: 'candidate', uid, cid } : undefined;
  }
  switch (level) {
    case 'sdp':
      return from === 'device' ? { family: 'sdp', kind: 'answer', uid, cid } : undefined;
    case 'ice':
      return { family: from === 'client' ? 'offer' : undefined, kind: 'candidate', uid, cid };
    case 'offer':
    case 'answer':
      return { family: 'offer', kind: level, uid, cid };
    default:
      return undefined;
  }
}

/**
 * What a device subscribes to so that clients of every generation find it: five filters, QoS 0, No Local.
 * @throws {MalformedError} `picamera/uid`
 */
export function deviceFilters(uid: string): readonly TopicFilter[] {
  requireUid(uid);
  const filter = (family: TopicFamily, rest: string): TopicFilter => ({
    family,
    topic: [uid, rest].join('/'),
    qos: 0,
    noLocal: true,
  });
  return [
    filter('sdp', 'sdp/+/offer'),
    filter('sdp', 'ice/+/offer'),
    filter('offer', 'offer/+'),
    filter('offer', 'answer/+'),
    filter('offer', 'ice/+'),
  ];
}

/**
 * What a client subscribes to so that devices of every generation reach it: four topics, QoS 2, No Local. The candidates
 * of both families come on the same one, listed under `offer`.
 * @throws {MalformedError} `picamera/uid`, `picamera/client-id`
 */
export function clientFilters(uid: string, cid: string): readonly TopicFilter[] {
  requireUid(uid);
  requireClientId(cid);
  const filter = (family: TopicFamily, level: string): TopicFilter => ({
    family,
    topic: [uid, level, cid].join('/'),
    qos: 2,
    noLocal: true,
  });
  return [filter('sdp', 'sdp'), filter('offer', 'offer'), filter('offer', 'answer'), filter('offer', 'ice')];
}

/** The QoS that each end publishes with; nothing is retained. */
export const SIGNAL_QOS = { client: 0, device: 2 } as const satisfies Record<SignalEnd, number>;

const LEVEL_OF_KIND = { offer: 'offer', answer: 'answer', candidate: 'ice' } as const satisfies Record<
  SignalKind,
  string
>;

function levelFault(id: string): string | undefined {
  if (id === '') return 'is empty';
  if (id.length > MAX_ID_CHARS) return `has ${id.length} characters, at most ${MAX_ID_CHARS} are allowed`;
  if (!LEVEL.test(id))
    return 'has a character that MQTT topics give a meaning (/ + #) or that cannot be printed';
  return undefined;
}

const shown = (id: string): string => JSON.stringify(id.length > 40 ? `${id.slice(0, 40)}…` : id);
