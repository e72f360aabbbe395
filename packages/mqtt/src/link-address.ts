import { PinholeError } from '@pinhole/core';

/** Where a broker is, with credentials apart. */
export interface LinkAddress {
  /** Without credentials. */
  readonly url: string;
  readonly username?: string;
  readonly password?: string;
}

/** How brokers are reached, with the port that is meant where none is said. */
const PORTS: Readonly<Record<string, number>> = {
  'mqtt:': 1883,
  'mqtts:': 8883,
  'ws:': 80,
  'wss:': 443,
};

/**
 * Reads `mqtt://host`, `mqtts://host:8883`, `ws://host/path`, `wss://host/path`; user and password may stand in it.
 * @throws {PinholeError} `mqtt/bad-url`
 */
export function parseLinkAddress(text: string): LinkAddress {
  // Names are parsed as those of http; other schemes would keep capital letters and spaces.
  const scheme = /^([a-z]+:)\/\//.exec(text)?.[1] ?? '';
  const port = PORTS[scheme];
  const asHttp = `http:${text.slice(scheme.length)}`;
  if (port === undefined || !URL.canParse(asHttp)) {
    throw new PinholeError(
      'mqtt/bad-url',
      'the address of an MQTT broker is e.g. mqtt://host:1883, mqtts://host:8883, ws://host/mqtt or wss://host/mqtt',
    );
  }
  const { hostname, port: named, pathname, search, username, password } = new URL(asHttp);
  // What http takes for its own port and leaves out, 80, has to be said to everybody else.
  const explicit = named === '' && /^[^/]*:80(?:\/|$)/.test(asHttp.slice('http://'.length)) ? '80' : named;
  const path = scheme.startsWith('ws') ? `${pathname}${search}` : '';
  return {
    url: `${scheme}//${hostname}:${explicit === '' ? port : explicit}${path}`,
    ...(username !== '' && { username: decodeURIComponent(username) }),
    ...(password !== '' && { password: decodeURIComponent(password) }),
  };
}
