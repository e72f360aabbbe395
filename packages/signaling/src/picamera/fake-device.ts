import { type Logger, micros, type PinholeError, silentLogger } from '@pinhole/core';
import {
  Camera,
  type Identity,
  type Peer,
  type PeerFactory,
  type PeerRequest,
  type Source,
  type StreamParameters,
  ViewerRegistry,
  ViewerSessions,
} from '@pinhole/engine';
import { type MqttHandler, type MqttLinkState, type MqttTopicWish, topicMatches } from '@pinhole/mqtt';
import { PicameraDevice, type PicameraDeviceOptions } from './picamera-device.ts';
import type { ServedViewer } from './viewer-service.ts';

/** What was published. */
export interface Said {
  readonly topic: string;
  readonly payload: string;
  readonly qos: number;
  readonly retain: boolean;
}

/** A link whose broker is the test. */
export class ScriptedLink {
  state: MqttLinkState = { kind: 'connected' };
  readonly wishes: MqttTopicWish[] = [];
  readonly said: Said[] = [];
  /** Whether what is published is taken. */
  takes = true;
  #handler: MqttHandler = () => {};
  readonly #listeners = new Set<(state: MqttLinkState) => void>();

  onState(listener: (state: MqttLinkState) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  publish(
    topic: string,
    payload: string | Uint8Array,
    { qos = 0, retain = false }: { readonly qos?: 0 | 1 | 2; readonly retain?: boolean } = {},
  ): boolean {
    if (this.takes) this.said.push({ topic, payload: String(payload), qos, retain });
    return this.takes;
  }

  subscribe(wishes: readonly MqttTopicWish[], handler: MqttHandler) {
    this.wishes.push(...wishes);
    this.#handler = handler;
    return { answered: Promise.resolve([]), close: () => this.wishes.splice(0) };
  }

  /** The link comes into a state. */
  become(state: MqttLinkState): void {
    this.state = state;
    for (const listener of this.#listeners) listener(state);
  }

  /** Somebody publishes; it comes where it was asked for. */
  hear(topic: string, payload: unknown, { retained = false } = {}): void {
    if (!this.wishes.some((wish) => topicMatches(wish.topic, topic))) return;
    const bytes =
      payload instanceof Uint8Array
        ? payload
        : new TextEncoder().encode(typeof payload === 'string' ? payload : JSON.stringify(payload));
    this.#handler(topic, bytes, { retained, qos: 0 });
  }

  /** What was published on a topic. */
  on(topic: string): readonly Said[] {
    return this.said.filter((one) => one.topic === topic);
  }
}

/** A peer that the test plays. */
export interface ScriptedPeer {
  readonly request: PeerRequest;
  readonly candidates: string[];
  readonly offers: string[];
  /** Why it was closed. */
  closed: string | undefined;
}

/** Peers that the test plays. */
class ScriptedPeers implements PeerFactory {
  readonly opened: ScriptedPeer[] = [];
  refusal: PinholeError | undefined;
  /** Refuses further offers on connections that are there. */
  stuck: PinholeError | undefined;
  /** Holds answers back until it resolves. */
  gate: Promise<void> = Promise.resolve();

  async open(request: PeerRequest): Promise<Peer> {
    await this.gate;
    if (this.refusal) throw this.refusal;
    const number = this.opened.length;
    const peer: ScriptedPeer = { request, candidates: [], offers: [request.offer], closed: undefined };
    this.opened.push(peer);
    return {
      answer: answerOf(number, 0),
      addCandidate: (candidate) => {
        peer.candidates.push(candidate);
        return Promise.resolve();
      },
      renegotiate: async (offer) => {
        await this.gate;
        if (this.stuck) throw this.stuck;
        return answerOf(number, peer.offers.push(offer) - 1);
      },
      stats: () => ({
        packetsSent: 0,
        bytesSent: 0,
        nacksReceived: 0,
        packetsResent: 0,
        keyFramesRequested: 0,
      }),
      close: (why) => {
        peer.closed = why ?? 'closed';
        return Promise.resolve();
      },
    };
  }

  /** Viewers of a device make the offers. */
  offer(): Promise<never> {
    return Promise.reject(new Error('nobody is made an offer'));
  }

  /** The peer opened as the `index`th. */
  at(index: number): ScriptedPeer {
    const peer = this.opened.at(index);
    if (!peer) throw new Error(`there are ${this.opened.length} peers, none at ${index}`);
    return peer;
  }
}

/** The answer to the `round`th offer that peer `number` got. */
export const answerOf = (number: number, round: number): string =>
  [
    'v=0',
    `o=- ${number} ${round} IN IP4 127.0.0.1`,
    's=-',
    't=0 0',
    'm=video 9 UDP/TLS/RTP/SAVPF 102',
    'a=mid:0',
    `a=candidate:1 1 udp 2130706431 192.0.2.1 ${5000 + number} typ host`,
    'a=end-of-candidates',
    'm=application 9 UDP/DTLS/SCTP webrtc-datachannel',
    'a=mid:1',
    '',
  ].join('\r\n');

/** An offer as browsers make it, as far as a device reads it. */
export const offerOf = ({
  session = '1',
  version = 1,
  ufrag = 'abcd',
  fingerprint = 'AA',
  video = 'recvonly',
}: {
  readonly session?: string;
  readonly version?: number;
  readonly ufrag?: string;
  readonly fingerprint?: string;
  readonly video?: 'recvonly' | 'none';
} = {}): string =>
  [
    'v=0',
    `o=- ${session} ${version} IN IP4 127.0.0.1`,
    's=-',
    't=0 0',
    ...(video === 'none' ? [] : ['m=video 9 UDP/TLS/RTP/SAVPF 102', `a=${video}`]),
    'm=application 9 UDP/DTLS/SCTP webrtc-datachannel',
    `a=ice-ufrag:${ufrag}`,
    `a=fingerprint:sha-256 ${fingerprint}`,
    '',
  ].join('\r\n');

/** A candidate as a browser tells it. */
export const candidateOf = (port: number, ufrag?: string) => ({
  candidate: `candidate:1 1 udp 2130706431 192.0.2.9 ${port} typ host${ufrag === undefined ? '' : ` generation 0 ufrag ${ufrag}`}`,
  sdpMid: '0',
  sdpMLineIndex: 0,
  ...(ufrag !== undefined && { usernameFragment: ufrag }),
});

const VIEWER: Identity = { tokenId: 'anonymous', address: 'mqtt', rights: ['view'] };

const PARAMETERS = { codec: 'avc1.42c00a', width: 64, height: 48, bFrames: false } as StreamParameters;

const STILL: Source = {
  start: (sink, { signal }) => {
    sink.state({ kind: 'live' });
    return new Promise((resolve) => signal.addEventListener('abort', () => resolve(undefined)));
  },
  requestKeyFrame: () => {},
  describe: () => ({ kind: 'still', label: 'for tests', keyFrameOnRequest: false }),
  controls: () => [],
  setControl: () => Promise.resolve(),
};

/** A device whose link, peers and clock are the test's. */
export class DeviceRig {
  now = micros(1_000_000);
  readonly link = new ScriptedLink();
  readonly peers = new ScriptedPeers();
  readonly registry: ViewerRegistry;
  readonly sessions: ViewerSessions;
  readonly device: PicameraDevice;
  readonly served: ServedViewer[] = [];
  readonly logged: { readonly fields: Readonly<Record<string, unknown>>; readonly message: string }[] = [];
  /** Services whose connection is over. */
  over = 0;
  #ids = 0;

  constructor(options: Partial<PicameraDeviceOptions> = {}) {
    const now = () => this.now;
    const limits = { total: 100, perCamera: 100, perAddress: 100 };
    this.registry = new ViewerRegistry({ limits, now, newId: () => `id-${this.#ids++}` });
    this.sessions = new ViewerSessions({
      peers: this.peers,
      registry: this.registry,
      now,
      log: silentLogger,
    });
    const camera = new Camera({
      id: 'door',
      source: STILL,
      now,
      openAbort: () => new AbortController(),
      log: silentLogger,
    });
    // The scripted peers send nothing, so nothing has to be there to be sent.
    camera.ready = () => Promise.resolve(PARAMETERS);
    const log: Logger = {
      ...silentLogger,
      warn: (fields, message) => this.logged.push({ fields, message }),
    };
    this.device = new PicameraDevice({
      uid: 'garden',
      camera,
      sessions: this.sessions,
      link: this.link,
      identify: () => VIEWER,
      serve: (viewer) => {
        this.served.push(viewer);
        return { peer: {}, closed: () => this.over++ };
      },
      now,
      log,
      ...options,
    });
    this.device.open();
  }

  /** Says `sdp` as generations A and B do. */
  async offerOld(cid: string, sdp: string): Promise<void> {
    this.link.hear(`garden/sdp/${cid}/offer`, { type: 'offer', sdp });
    await settled();
  }

  /** Says `sdp` as generation C does. */
  async offerNew(cid: string, sdp: string): Promise<void> {
    this.link.hear(`garden/offer/${cid}`, { type: 'offer', sdp });
    await settled();
  }

  /** Lets so many seconds pass, with a tick at each. */
  pass(seconds: number): void {
    for (let second = 0; second < seconds; second++) {
      this.now = micros(this.now + 1e6);
      this.sessions.tick();
      this.device.tick();
    }
  }

  /** SDPs of the answers on a topic. */
  answers(topic: string): readonly string[] {
    return this.link.on(topic).map(({ payload }) => (JSON.parse(payload) as { readonly sdp: string }).sdp);
  }
}

/** Everything that waits for nothing has been done. */
export const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
