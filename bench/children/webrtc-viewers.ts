import { networkInterfaces } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';
import { isRtcp } from '@pinhole/media/rtp';
import nodeDataChannel, { type PeerConnection, type Track } from 'node-datachannel';
import { serveCalls } from '../support/child.ts';
import { addressOf, reachedAt } from '../support/relayed-sdp.ts';
import { SequenceCount } from '../support/statistics.ts';
import {
  openUdpReceivers,
  type Relay,
  type RelayArrivals,
  type UdpReceivers,
} from '../support/udp-receivers.ts';

/** The first viewers look at every packet; for the others the native library does, and nothing is asked of JavaScript. */
const CANARIES = 2;
const AT_ONCE = 8;
const TRIES = 10;
const CONNECT_PATIENCE_MS = 4000;
const MARKER = 0x80;
const LOOPBACK = '127.0.0.1';
/** Janus has no other. */
const NOT_LOOPBACK =
  Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .find(({ family, internal }) => family === 'IPv4' && !internal)?.address ?? LOOPBACK;

interface Seen {
  readonly frames: number;
  readonly packets: number;
  readonly lost: number;
}

class Canary {
  #frames = 0;
  #sequence = new SequenceCount();

  take(datagram: Uint8Array): void {
    if (isRtcp(datagram)) return;
    this.#sequence.push(((datagram[2] ?? 0) << 8) | (datagram[3] ?? 0));
    if (((datagram[1] ?? 0) & MARKER) !== 0) this.#frames++;
  }

  reset(): void {
    this.#frames = 0;
    this.#sequence = new SequenceCount();
  }

  get seen(): Seen {
    return { frames: this.#frames, packets: this.#sequence.received, lost: this.#sequence.lost };
  }
}

interface Viewer {
  readonly connection: PeerConnection;
  readonly tracks: readonly Track[];
  readonly canary?: Canary;
  readonly relay?: Relay;
  /** Ends the session by WHEP. */
  readonly leave: () => Promise<void>;
}

// Held, or the garbage collector closes them.
const viewers: Viewer[] = [];

let canariesOpened = 0;
const canaries = (): readonly Canary[] => viewers.flatMap(({ canary }) => canary ?? []);

/** What viewers are sent to. */
export interface ViewerTarget {
  readonly url: string;
  readonly token: string;
  /** The server makes the offer: POST gets it, and the answer goes by PATCH to what `Location` says. */
  readonly offers?: 'server';
  /** RTP is counted by a relay on the way, and only the first viewers get it: hundreds fit beside the server then. */
  readonly counted?: 'on the way';
}

interface Signaling {
  readonly target: ViewerTarget;
  readonly connection: PeerConnection;
  /** Our description once it is complete. */
  readonly gathered: Promise<string>;
  readonly relay: Relay | undefined;
}

const closers: (() => unknown)[] = [];
let receivers: UdpReceivers | undefined;

const openedReceivers = (): UdpReceivers => {
  receivers ??= openUdpReceivers({ defer: (close) => void closers.push(close) });
  return receivers;
};

/** Our description as the server is to see it. */
async function ours({ target, gathered, relay }: Signaling): Promise<string> {
  const sdp = await gathered;
  if (!relay) return sdp;
  await openedReceivers().setFar(relay, 'viewer', addressOf(sdp));
  return reachedAt(sdp, {
    host: target.offers === 'server' ? NOT_LOOPBACK : LOOPBACK,
    port: relay.viewerPort,
  });
}

/** The server's description as we are to see it. */
async function theirs({ relay }: Signaling, sdp: string): Promise<string> {
  if (!relay) return sdp;
  await openedReceivers().setFar(relay, 'server', addressOf(sdp));
  return reachedAt(sdp, { host: LOOPBACK, port: relay.serverPort });
}

/** Connects one viewer by WHEP. @returns whether it connected. */
async function connectOne(target: ViewerTarget): Promise<boolean> {
  const connection = new nodeDataChannel.PeerConnection('viewer', {
    iceServers: [],
    ...(target.offers !== 'server' && { bindAddress: LOOPBACK }),
    disableAutoNegotiation: true,
  });
  const canary = canariesOpened < CANARIES ? new Canary() : undefined;
  if (canary) canariesOpened++;
  const tracks: Track[] = [];
  const take = (track: Track): void => {
    tracks.push(track);
    track.setMediaHandler(new nodeDataChannel.RtcpReceivingSession());
    if (canary) track.onMessage((datagram) => canary.take(datagram));
  };
  connection.onTrack(take);
  if (target.offers !== 'server') {
    const video = new nodeDataChannel.Video('0', 'RecvOnly');
    video.addH264Codec(102, 'profile-level-id=42e01f;packetization-mode=1;level-asymmetry-allowed=1');
    take(connection.addTrack(video));
  }
  const connected = new Promise<boolean>((resolve) => {
    connection.onStateChange((state) => {
      if (state === 'connected') resolve(true);
      if (state === 'failed' || state === 'closed') resolve(false);
    });
  });
  const gathered = new Promise<string>((resolve) => {
    connection.onGatheringStateChange((state) => {
      if (state === 'complete') resolve(connection.localDescription()?.sdp ?? '');
    });
  });
  const relay = target.counted && (await openedReceivers().relay(canary === undefined ? 'no RTP' : 'all'));
  const signaling = { target, connection, gathered, relay };
  const session = await (target.offers === 'server' ? takeOffer(signaling) : makeOffer(signaling));
  const up = await Promise.race([connected, pause(CONNECT_PATIENCE_MS, false)]);
  if (!up) {
    if (canary) canariesOpened--;
    connection.close();
    return false;
  }
  const leave = async (): Promise<void> => {
    await fetch(session, { method: 'DELETE', headers: headersOf(target) });
    connection.close();
  };
  const viewer = { connection, tracks, leave, ...(relay && { relay }) };
  if (canary) viewers.unshift({ ...viewer, canary });
  else viewers.push(viewer);
  return true;
}

async function makeOffer(signaling: Signaling): Promise<URL> {
  const { target, connection } = signaling;
  connection.setLocalDescription('offer');
  const { sdp, session } = await post(target, await ours(signaling));
  const answer = await theirs(signaling, sdp);
  try {
    connection.setRemoteDescription(answer, 'answer');
  } catch {
    // It failed already, and says so by its state.
  }
  return session;
}

async function takeOffer(signaling: Signaling): Promise<URL> {
  const { target, connection } = signaling;
  const { sdp, session } = await post(target, '');
  connection.setRemoteDescription(await theirs(signaling, sdp), 'offer');
  connection.setLocalDescription('answer');
  const body = await ours(signaling);
  await fetch(session, { method: 'PATCH', headers: headersOf(target), body });
  return session;
}

async function post(
  target: ViewerTarget,
  body: string,
): Promise<{ readonly sdp: string; readonly session: URL }> {
  const response = await fetch(target.url, { method: 'POST', headers: headersOf(target), body });
  const sdp = await response.text();
  if (response.status !== 201) throw new Error(`WHEP: ${response.status} ${sdp}`);
  return { sdp, session: new URL(response.headers.get('Location') ?? '', target.url) };
}

const headersOf = ({ token }: ViewerTarget): Record<string, string> => ({
  Authorization: `Bearer ${token}`,
  'Content-Type': 'application/sdp',
});

const calls = {
  /** Connects so many viewers more. */
  connect: async (target: ViewerTarget & { readonly count: number }) => {
    let left = target.count;
    const worker = async (): Promise<void> => {
      while (left-- > 0) {
        let tries = 0;
        // As the one who offers, libdatachannel fails now and then when the peer's DTLS beats the answer.
        while (!(await connectOne(target)))
          if (++tries === TRIES) throw new Error('a viewer did not connect');
      }
    };
    await Promise.all(Array.from({ length: Math.min(AT_ONCE, target.count) }, worker));
  },
  /** So many viewers leave, the latest first. */
  disconnect: async (count: number): Promise<void> => {
    for (const { leave } of viewers.splice(viewers.length - count)) await leave();
  },
  /** Counts anew from now on. */
  reset: async (): Promise<void> => {
    for (const canary of canaries()) canary.reset();
    await receivers?.reset();
  },
  /** What relays counted, of the viewers that are there. */
  arrivals: (): Promise<RelayArrivals> => openedReceivers().sum(viewers.flatMap(({ relay }) => relay ?? [])),
  /** What those saw who look at every packet. */
  seen: (): readonly Seen[] => canaries().map(({ seen }) => seen),
};

/** What this process does when asked. */
export type WebRtcViewersCalls = typeof calls;

serveCalls(calls, () => {
  for (const { connection } of viewers) connection.close();
  for (const close of closers) close();
  nodeDataChannel.cleanup();
});
