import { networkInterfaces } from 'node:os';
import type { RunningServer } from '../compose/open-server.ts';
import type { ServerConfig } from '../config/config-schema.ts';
import { isLoopback } from '../config/network-range.ts';
import { sourceInWords } from '../sources/source-spec.ts';
import { VERSION } from '../version.ts';

/** How the start came about. */
export interface StartOptions {
  /** Where the configuration came from. */
  readonly file?: string;
  /** What is printed ends in a log: no token is in it. */
  readonly logged: boolean;
}

/** What the start prints. The link stands alone on its line, for people who click and for scripts. */
export function startMessage(
  server: RunningServer,
  config: ServerConfig,
  { file, logged }: StartOptions,
): string {
  const cameras = Object.entries(config.cameras).map(
    ([id, { source }]) => `${id} (${sourceInWords(source)})`,
  );
  const lines = [
    ...(logged
      ? [
          `Pinhole ${VERSION} runs at ${server.url}. The link that signs in: pinhole token link --data ${config.data}`,
        ]
      : [
          `Pinhole ${VERSION} runs. Open this link; it lets you in as the administrator, so keep it to yourself:`,
          '',
          linkOf(server.url, server.adminToken),
          '',
        ]),
    ...reachability(server, config),
    `Cameras: ${cameras.length === 0 ? 'test (the built-in picture; add yours with --camera door=rtsp://…)' : cameras.join(', ')}`,
    ...(file === undefined ? [] : [`Configuration: ${file}`]),
    ...(logged ? [] : ['Stop with Ctrl+C.']),
  ];
  return `${lines.join('\n')}\n`;
}

/** The link that signs its reader in. In the fragment, so that the token is in no request line and no log. */
export const linkOf = (url: string, token: string): string => `${url}/#token=${token}`;

function reachability(server: RunningServer, { listen }: ServerConfig): readonly string[] {
  if (isLoopback(listen))
    return ['Only this machine can reach it; --listen 0.0.0.0 opens it to the network.'];
  if (listen !== '0.0.0.0' && listen !== '::') return [];
  const addresses = Object.values(networkInterfaces())
    .flatMap((entries) => entries ?? [])
    .filter(({ internal, family }) => !internal && family === 'IPv4')
    .map(({ address }) => server.url.replace('localhost', address));
  return [
    ...(addresses.length === 0 ? [] : [`From other machines: ${addresses.join(', ')}`]),
    ...(server.url.startsWith('https:')
      ? []
      : ['Tokens cross the network in the clear; --tls auto encrypts them.']),
  ];
}
