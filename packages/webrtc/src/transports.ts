import { type Logger, PinholeError } from '@pinhole/core';
import { hostAddresses } from './host-addresses.ts';
import type { PortRange } from './udp-socket.ts';
import { type IceServer, WeriftIce } from './werift-ice.ts';
import { sharedCertificate, WeriftTransport } from './werift-transport.ts';

/** How this machine is reached by WebRTC. */
export interface TransportOptions {
  /** STUN and TURN servers for the server's own candidates, asked for anew for each peer; none unless given. */
  readonly iceServers?: () => readonly IceServer[];
  /**
   * The local addresses to bind and to tell peers, for instance `['127.0.0.1', '::1']` for peers on this machine alone.
   * All that other machines can reach, unless given.
   */
  readonly hostAddresses?: readonly string[];
  /**
   * Further addresses to tell peers, by which they reach the same ports: the public one behind a 1:1 NAT, the host's
   * where this runs in a container with published ports.
   */
  readonly announcedAddresses?: readonly string[];
  /** UDP ports to use; any, unless given. */
  readonly portRange?: PortRange;
  readonly log: Logger;
}

/** Opens the ways to peers; all have one certificate. */
export interface TransportOpener {
  /** @throws {PinholeError} `webrtc/bind`, `webrtc/no-address` */
  open(): Promise<WeriftTransport>;
}

/** Opens transports with werift. */
export function createTransports(options: TransportOptions): TransportOpener {
  const { iceServers = () => [], announcedAddresses: announced = [], portRange, log } = options;
  // Made before the first peer waits for it; whoever needs it hears of a failure.
  sharedCertificate().catch(() => {});
  return {
    open: () =>
      WeriftTransport.open(async () => {
        // Asked anew for each path: networks come and go.
        const addresses = hostAddresses(options.hostAddresses);
        if (addresses.length === 0) throw noAddress(options.hostAddresses);
        return await WeriftIce.open({
          iceServers: iceServers(),
          addresses,
          announced,
          ...(portRange && { portRange }),
          log,
        });
      }),
  };
}

const noAddress = (wanted: readonly string[] | undefined): PinholeError =>
  new PinholeError(
    'webrtc/no-address',
    wanted
      ? `hostAddresses is ${wanted.join(', ')}, and this machine has none of them`
      : 'this machine has no address but loopback and link-local: set hostAddresses to 127.0.0.1 for viewers on it',
  );
