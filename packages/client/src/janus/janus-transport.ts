import { PinholeError } from '@pinhole/core';
import {
  type JanusLinkOpener,
  janusHttpLink,
  janusSocketLink,
  passingFault,
} from '@pinhole/protocol/janus-session';
import type { PathEvent, PicturePath } from '../paths/picture-path.ts';
import type { PictureTransport } from '../paths/picture-transport.ts';
import { browserClock } from './browser-clock.ts';
import { browserHttp } from './browser-http.ts';
import { browserSocket } from './browser-socket.ts';
import { credentialsOf } from './credentials-of.ts';
import type { JanusOptions } from './janus-options.ts';
import { JanusPath } from './janus-path.ts';

/**
 * Pictures from a Janus, for a `LivePlayer`.
 *
 * ```ts
 * const transport = janusTransport({ url: 'ws://kvm:8188' });
 * new LivePlayer({ transport, container }).open();
 * ```
 * @throws {PinholeError} `client/address` when `url` is no address
 */
export function janusTransport(options: JanusOptions): PictureTransport {
  const openLink = linkOpener(options);
  return {
    name: 'janus',
    open: (given): PicturePath => {
      const handle = given as (event: PathEvent) => void;
      const path = new JanusPath({ ...options, openLink, handle });
      queueMicrotask(() => path.open());
      return path;
    },
  };
}

function linkOpener(options: JanusOptions): JanusLinkOpener {
  const given = options.url;
  let url: URL;
  try {
    url = new URL(given, document.baseURI);
  } catch (cause) {
    throw new PinholeError('client/address', `url: ${JSON.stringify(given)} is not an address`, { cause });
  }
  url.hash = '';
  if (!/^[a-z][a-z0-9+.-]*:/i.test(given)) url.protocol = url.protocol.replace('http', 'ws');
  switch (url.protocol) {
    case 'ws:':
    case 'wss:':
      return janusSocketLink(browserSocket(url.href));
    case 'http:':
    case 'https:':
      url.search = '';
      return janusHttpLink({
        url: url.href.replace(/\/+$/, ''),
        credentials: credentialsOf(options),
        http: browserHttp,
        clock: browserClock,
        explain: () =>
          passingFault(
            'janus/unreachable',
            `No Janus answers at ${url.host}, or it lets no page of ours ask it.`,
          ),
      });
    default:
      throw new PinholeError(
        'client/address',
        `url: ${url.protocol} is no way to Janus; write ws://host:8188 or http://host:8088/janus`,
      );
  }
}
