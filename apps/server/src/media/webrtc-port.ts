import type { Logger } from '@pinhole/core';
import { hostAddresses, SharedPort } from '@pinhole/webrtc';
import type { ServerConfig } from '../config/config-schema.ts';
import { isLoopback } from '../config/network-range.ts';

/** Where WebRTC is unless the configuration says something else, or another program is there. */
export const DEFAULT_WEBRTC_PORT = 8189;

/** Whether WebRTC may come by TCP, too: at the port that all share, and not at ports out of a range. */
export const hasTcp = ({ tcp, portRange }: ServerConfig['webrtc']): boolean => tcp && portRange === undefined;

/**
 * Opens the port of all WebRTC peers; undefined where each has ports of its own, out of a range.
 * @throws {PinholeError} `webrtc/port-taken` when the configuration names a port that another program has; `webrtc/bind`
 */
export async function openWebrtcPort(config: ServerConfig, log: Logger): Promise<SharedPort | undefined> {
  const { port, portRange, tcp } = config.webrtc;
  if (portRange) return undefined;
  const addresses = hostAddresses(hostAddressesOf(config).hostAddresses);
  const shared = await SharedPort.open({
    port: port ?? DEFAULT_WEBRTC_PORT,
    whenTaken: port === undefined ? 'take-another' : 'refuse',
    tcp: tcp ? 'on' : 'off',
    addresses,
    log,
  });
  log.info({ port: shared.port, addresses, tcp }, 'WebRTC is at this port');
  return shared;
}

/**
 * The addresses that peers are told. A server that only this machine can reach has no business on the network with its
 * pictures either; one that has a proxy before it, or another name, is reached from elsewhere after all.
 */
export function hostAddressesOf(config: ServerConfig): { readonly hostAddresses?: readonly string[] } {
  const { listen, webrtc, hosts, trustedProxies } = config;
  if (webrtc.hostAddresses.length > 0) return { hostAddresses: webrtc.hostAddresses };
  const alone = isLoopback(listen) && hosts.length === 0 && trustedProxies.length === 0;
  return alone ? { hostAddresses: [listen === '::1' ? '::1' : '127.0.0.1'] } : {};
}
