import { PinholeError } from '@pinhole/core';

/** Which camera on which server. */
export type CameraAddress =
  /** Address of the camera's WHEP or live endpoint: `/whep/door`, `https://host/live/door`. */
  | { readonly url: string; readonly base?: never; readonly camera?: never }
  /** Address of the server (the page's own when left out) and id of the camera. */
  | { readonly base?: string; readonly camera: string; readonly url?: never };

/** Absolute addresses of one camera's endpoints. */
export interface Endpoints {
  /** `https:` or `http:`. */
  readonly whep: string;
  /** `wss:` or `ws:`. */
  readonly live: string;
  /** In the address as `?token=`, taken out of it. */
  readonly token?: string;
}

/**
 * The endpoints of a camera.
 * @param pageUrl what relative addresses are relative to
 * @throws {PinholeError} `client/address` when it names no camera or is no URL
 */
export function endpointsOf(address: CameraAddress, pageUrl: string): Endpoints {
  const given =
    address.url ?? `${(address.base ?? '/').replace(/\/+$/, '')}/whep/${encodeURIComponent(address.camera)}`;
  let url: URL;
  try {
    url = new URL(given, pageUrl);
  } catch (cause) {
    throw new PinholeError('client/address', `url: ${JSON.stringify(given)} is not an address`, { cause });
  }
  const path = /^(.*)\/(?:whep|live)\/([^/]+)\/?$/.exec(url.pathname);
  if (!path || !/^(https?|wss?):$/.test(url.protocol) || (address.camera ?? 'url') === '') {
    const expected = 'expected …/whep/{camera} or …/live/{camera} over http or https';
    throw new PinholeError('client/address', `url: ${JSON.stringify(given)} names no camera; ${expected}`);
  }
  const secure = url.protocol === 'https:' || url.protocol === 'wss:';
  const token = url.searchParams.get('token');
  url.searchParams.delete('token');
  url.hash = '';
  const at = (scheme: string, kind: string): string =>
    `${scheme}${secure ? 's' : ''}://${url.host}${path[1]}/${kind}/${path[2]}${url.search}`;
  return {
    whep: at('http', 'whep'),
    live: at('ws', 'live'),
    ...(token === null || token === '' ? {} : { token }),
  };
}
