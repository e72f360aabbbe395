import { randomBytes } from 'node:crypto';
import { type Logger, type Micros, PinholeError } from '@pinhole/core';
import type { MessagePipe, PeerFactory } from '@pinhole/engine';
import { hostAddresses } from './host-addresses.ts';
import type { Fanout } from './rtp-sender.ts';
import { typescriptFanout } from './typescript-fanout.ts';
import type { PortRange } from './udp-socket.ts';
import { type ChannelViewer, ViewerPeer } from './viewer-peer.ts';
import type { IceServer } from './werift-ice.ts';
import { sharedCertificate, WeriftTransport } from './werift-transport.ts';

/** What a factory of WebRTC peers is made with. */
export interface WeriftPeerFactoryOptions {
  /** STUN and TURN servers for the server's own candidates; none unless given. */
  readonly iceServers?: readonly IceServer[];
  /**
   * The local addresses to bind and to tell viewers, for instance `['127.0.0.1', '::1']` for viewers on this machine
   * alone. All that other machines can reach, unless given.
   */
  readonly hostAddresses?: readonly string[];
  /**
   * Further addresses to tell viewers, by which they reach the same ports: the public one behind a 1:1 NAT, the host's
   * where this runs in a container with published ports.
   */
  readonly announcedAddresses?: readonly string[];
  /** UDP ports to use; any, unless given. */
  readonly portRange?: PortRange;
  /** What sends RTP; Node's own crypto and sockets unless given. */
  readonly fanout?: Fanout;
  /** Called when a viewer opens the data channel labelled `pinhole`. */
  readonly onChannel?: (pipe: MessagePipe, viewer: ChannelViewer) => void;
  /** UTC. */
  readonly now: () => Micros;
  readonly log: Logger;
}

/** Opens WebRTC peers with werift, all with one certificate. */
export function createWeriftPeerFactory(options: WeriftPeerFactoryOptions): PeerFactory {
  const { iceServers = [], portRange, fanout = typescriptFanout, onChannel = () => {}, now, log } = options;
  const announced = options.announcedAddresses ?? [];
  // Made before the first viewer waits for it; whoever needs it hears of a failure.
  sharedCertificate().catch(() => {});
  const cname = randomBytes(8).toString('hex');
  return {
    open: (request) =>
      ViewerPeer.open(request, {
        fanout,
        cname,
        now,
        log,
        onChannel,
        openTransport: (offer) => {
          // Asked anew for each viewer: networks come and go.
          const addresses = hostAddresses(options.hostAddresses);
          if (addresses.length === 0) throw noAddress(options.hostAddresses);
          return WeriftTransport.open(offer, {
            iceServers,
            addresses,
            announced,
            ...(portRange && { portRange }),
            log,
          });
        },
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
