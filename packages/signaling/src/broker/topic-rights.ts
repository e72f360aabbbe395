import type { BrokerRights } from './identity.ts';

/**
 * What the page of a viewer may do: publish its own offers, answers and candidates, and hear its own; by the topics of
 * both families, those of picamera.js to 1.3 and those from 2.0 on. Its client id names it, and there are no wildcards, so
 * nobody hears or disturbs what is said to others.
 * @param options.mayView whether it may watch the device of that uid
 */
export function viewerRights(options: { readonly mayView: (uid: string) => boolean }): BrokerRights {
  const allowed = (topic: string, ends: readonly string[]): boolean => {
    const [uid = ''] = topic.split('/', 1);
    return ends.includes(topic.slice(uid.length)) && !/[+#]/.test(uid) && options.mayView(uid);
  };
  return {
    // Strangers come with any number of client ids, and what is kept is bounded for all together.
    mayRetain: false,
    mayPublish: (topic, clientId) => allowed(topic, published(clientId)),
    maySubscribe: (filter, clientId) => allowed(filter, heard(clientId)),
  };
}

const published = (own: string): readonly string[] => [
  `/sdp/${own}/offer`,
  `/ice/${own}/offer`,
  ...bothWays(own),
];
const heard = (own: string): readonly string[] => [`/sdp/${own}`, `/ice/${own}`, ...bothWays(own)];
const bothWays = (own: string): readonly string[] => [`/offer/${own}`, `/answer/${own}`, `/ice/${own}`];

/** What a device may do: anything below its own uid, and nothing beside it. */
export const deviceRights = (uid: string): BrokerRights => ({
  mayRetain: true,
  mayPublish: (topic) => topic.startsWith(`${uid}/`),
  maySubscribe: (filter) => filter.startsWith(`${uid}/`),
});

/** Everything. */
export const ALL_RIGHTS: BrokerRights = {
  mayRetain: true,
  mayPublish: () => true,
  maySubscribe: () => true,
};
