import { type Logger, PinholeError } from '@pinhole/core';
import { hostAddresses } from './host-addresses.ts';
import type { IceServer } from './ice-server.ts';
import { Relays } from './relays.ts';
import type { SharedPort } from './shared-port.ts';
import { type PortRange, UdpSocket } from './udp-socket.ts';
import { WeriftIce } from './werift-ice.ts';
import { WeriftTransport } from './werift-transport.ts';

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
  /** The port for all peers; each has sockets of its own, unless given. Stays open until its owner closes it. */
  readonly sharedPort?: SharedPort;
  /** UDP ports for the sockets of peers that do not share one; any, unless given. */
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
  const { iceServers = () => [], announcedAddresses: announced = [], sharedPort, portRange, log } = options;
  const relays = new Relays(log);
  return {
    open: () => {
      // Stands for the connection through all restarts of ICE.
      const connection = {};
      return WeriftTransport.open(async () => {
        // Asked anew for each path: networks come and go.
        const addresses = hostAddresses(options.hostAddresses);
        if (addresses.length === 0) throw noAddress(options.hostAddresses);
        return await WeriftIce.open({
          iceServers: iceServers(),
          relays,
          announced,
          openSockets: (ufrag) =>
            sharedPort
              ? sharedPort.join({ ufrag, connection }, addresses)
              : Promise.allSettled(
                  addresses.map(async (address) => [await UdpSocket.open(address, portRange)]),
                ),
          log,
        });
      });
    },
  };
}

const noAddress = (wanted: readonly string[] | undefined): PinholeError =>
  new PinholeError(
    'webrtc/no-address',
    wanted
      ? `hostAddresses is ${wanted.join(', ')}, and this machine has none of them`
      : 'this machine has no address but loopback and link-local: set hostAddresses to 127.0.0.1 for viewers on it',
  );
