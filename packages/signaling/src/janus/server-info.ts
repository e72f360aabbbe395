import type { JsonObject } from '@pinhole/protocol/janus';
import { type JanusGatewayOptions, SESSION_TIMEOUT_MS } from './gateway-options.ts';

/** The version of the Janus API that is spoken, as Janus counts. */
const API_VERSION = { version: 1102, version_string: '1.1.2' } as const;
/** The release of µStreamer whose plugin ours does as, and as plugins count. */
const PLUGIN_VERSION = { version: 6036, version_string: '6.36' } as const;

/** What `info` tells. Programs read of it what they need to know which Janus they talk to. */
export function serverInfo({
  iceTcp = 'off',
  plugins,
  secret,
  sessionTimeoutMs = SESSION_TIMEOUT_MS,
  version,
}: Pick<JanusGatewayOptions, 'iceTcp' | 'plugins' | 'secret' | 'sessionTimeoutMs' | 'version'>): JsonObject {
  const seconds = sessionTimeoutMs / 1000;
  const known = [...plugins.keys()].map((name) => [
    name,
    {
      name: name.slice(name.lastIndexOf('.') + 1),
      author: 'Pinhole',
      description: 'H.264 of a camera, as from the plugin of µStreamer',
      ...PLUGIN_VERSION,
    },
  ]);
  return {
    name: 'Pinhole, with the API of the Janus WebRTC Server',
    ...API_VERSION,
    author: 'Pinhole',
    'pinhole-version': version,
    'log-to-stdout': false,
    'log-to-file': false,
    data_channels: false,
    'accepting-new-sessions': true,
    'session-timeout': seconds,
    'reclaim-session-timeout': seconds,
    'candidates-timeout': 45,
    'server-name': 'pinhole',
    ipv6: true,
    'ice-lite': false,
    'ice-tcp': iceTcp === 'on',
    'full-trickle': false,
    'mdns-enabled': false,
    api_secret: secret === 'needed',
    auth_token: true,
    event_handlers: false,
    opaqueid_in_api: false,
    dependencies: {},
    transports: {
      'janus.transport.http': { name: 'HTTP', version: 2, version_string: '2' },
      'janus.transport.websockets': { name: 'WebSocket', version: 1, version_string: '1' },
    },
    events: {},
    loggers: {},
    plugins: Object.fromEntries(known),
  };
}
