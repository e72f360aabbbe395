import type { PublisherEnd } from '@pinhole/engine';

/** Why a publisher is gone, for people. */
export const END_IN_WORDS: Readonly<Record<PublisherEnd, string>> = {
  left: 'the publisher left',
  timeout: 'the publisher did not connect',
  silent: 'nothing came of the publisher any more',
  'ice-failed': 'the way to the publisher broke',
  replaced: 'another publisher took its place',
  revoked: "the publisher's token was revoked",
  expired: "the publisher's token expired",
  shutdown: 'the server stops',
};
