import { randomBytes } from 'node:crypto';
import type { Micros } from '@pinhole/core';
import type { ChannelViewer, MessagePipe, PeerFactory } from '@pinhole/engine';
import { createTransports, type TransportOptions } from '@pinhole/webrtc';
import { AnsweringPeer } from './answering-peer.ts';
import { OfferingPeer } from './offering-peer.ts';
import type { Fanout } from './rtp-sender.ts';
import { typescriptFanout } from './typescript-fanout.ts';

/** What a factory of WebRTC peers is made with. */
export interface WeriftPeerFactoryOptions extends TransportOptions {
  /** What sends RTP; Node's own crypto and sockets unless given. */
  readonly fanout?: Fanout;
  /** Called when a viewer opens the data channel labelled `pinhole`. */
  readonly onChannel?: (pipe: MessagePipe, viewer: ChannelViewer) => void;
  /** UTC. */
  readonly now: () => Micros;
}

/** Opens WebRTC peers with werift, all with one certificate. */
export function createWeriftPeerFactory(options: WeriftPeerFactoryOptions): PeerFactory {
  const { fanout = typescriptFanout, onChannel = () => {}, now, log } = options;
  const transports = createTransports(options);
  const cname = randomBytes(8).toString('hex');
  const context = { transports, fanout, cname, now, log, onChannel };
  return {
    open: (request) => AnsweringPeer.open(request, context),
    offer: (media) => OfferingPeer.open(media, context),
  };
}
