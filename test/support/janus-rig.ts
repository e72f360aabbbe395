import { type Micros, type Millis, micros, millis, silentLogger } from '@pinhole/core';
import {
  Cameras,
  type Identity,
  type OfferedPeer,
  type PeerMedia,
  ViewerRegistry,
  ViewerSessions,
} from '@pinhole/engine';
import { type JsonObject, janusMessageJson } from '@pinhole/protocol/janus';
import {
  DEFAULT_JANUS_LIMITS,
  type JanusClient,
  JanusGateway,
  type JanusGatewayOptions,
  type JanusIdentity,
  type JanusVisitor,
} from '@pinhole/signaling/janus';
import { type ScriptedSource, scriptedCamera } from './scripted-camera.ts';

const SDP = ['v=0', 'o=- 1 1 IN IP4 127.0.0.1', 's=-', 't=0 0', 'm=video 9 UDP/TLS/RTP/SAVPF 96', ''];
/** What a viewer answers. */
export const ANSWER = { type: 'answer', sdp: SDP.join('\r\n') };

/** What a test may know of a viewer's connection. */
export interface FakePeer {
  readonly media: PeerMedia;
  readonly answers: string[];
  readonly candidates: string[];
  closed: boolean;
}

/** One WebSocket of a client, as a test sees it. */
export interface RigClient {
  readonly client: JanusClient;
  /** Says something; several at once stand one after the other in one message. */
  say(...requests: readonly object[]): void;
  raw(text: string): void;
  /** What came since the last look. */
  take(): JsonObject[];
  /** The same, once everything that is under way is done. */
  settled(): Promise<JsonObject[]>;
  drop(): void;
}

/** May see everything. */
export const identityOf = (who: Identity, cameras: readonly string[] | '*' = '*'): JanusIdentity => ({
  who,
  mayView: (camera) => cameras === '*' || cameras.includes(camera),
  at: (camera) => ({ ...who, rights: camera === 'door' ? ['view'] : [] }),
});

export const visitorOf = (identity: JanusIdentity | undefined, address = '192.0.2.1'): JanusVisitor => ({
  address,
  identity,
  identified: () => {},
});

/** A gateway over the real engine, with two cameras, a clock and a WebRTC stack that do what the test says. */
export class JanusRig {
  now: Millis = millis(1000);
  readonly sources: Readonly<Record<'door' | 'garden', ScriptedSource>>;
  readonly peers: FakePeer[] = [];
  readonly registry: ViewerRegistry;
  readonly gateway: JanusGateway;
  readonly #tick: () => void;
  /** What an answer leads to. */
  accept: () => Promise<void> = () => Promise.resolve();

  constructor(options: Partial<JanusGatewayOptions> = {}) {
    const utcNow = (): Micros => micros(1_700_000_000_000_000 + this.now * 1000);
    const [door, garden] = ['door', 'garden'].map((id) => scriptedCamera({ id, now: utcNow }));
    if (door === undefined || garden === undefined) throw new Error('two cameras');
    this.sources = { door: door.source, garden: garden.source };
    let ids = 0;
    this.registry = new ViewerRegistry({
      limits: { total: 1000, perCamera: 1000, perAddress: 1000 },
      now: utcNow,
      newId: () => `viewer-${++ids}`,
    });
    const peers = {
      open: () => Promise.reject(new Error('viewers of Janus make no offers')),
      offer: (media: PeerMedia) => Promise.resolve(this.#peer(media)),
    };
    const sessions = new ViewerSessions({ peers, registry: this.registry, now: utcNow, log: silentLogger });
    const cameras = new Cameras([door.camera, garden.camera]);
    let numbers = 100;
    const anybody = identityOf({ tokenId: 'ann', address: '192.0.2.1' });
    this.gateway = new JanusGateway({
      cameras,
      sessions,
      plugins: new Map([['janus.plugin.ustreamer', 'door']]),
      replies: 'ack',
      limits: DEFAULT_JANUS_LIMITS,
      authorize: (_, visitor) => visitor.identity ?? anybody,
      secret: 'needless',
      iceUrl: () => 'stun:stun.example.org',
      soundOf: (camera) => ({ audio: camera === 'door', mic: false }),
      newId: () => ++numbers,
      now: () => this.now,
      utcNow,
      version: '0',
      log: silentLogger,
      ...options,
    });
    this.#tick = () => {
      cameras.tick();
      sessions.tick();
      this.gateway.tick();
    };
  }

  connect(identity?: JanusIdentity): RigClient {
    const inbox: JsonObject[] = [];
    const client: JanusClient = {
      visitor: visitorOf(identity),
      send: (message) => void inbox.push(JSON.parse(JSON.stringify(janusMessageJson(message))) as JsonObject),
    };
    return {
      client,
      say: (...requests) => {
        this.gateway.receive(client, requests.map((each) => JSON.stringify(each)).join(' '));
      },
      raw: (text) => void this.gateway.receive(client, text),
      take: () => inbox.splice(0),
      settled: async () => {
        await settle();
        return inbox.splice(0);
      },
      drop: () => this.gateway.lost(client),
    };
  }

  /** A client with a session and a handle, whose camera has a picture. */
  async attached(identity?: JanusIdentity): Promise<{
    readonly client: RigClient;
    readonly session_id: number;
    readonly handle_id: number;
  }> {
    const client = this.connect(identity);
    client.say({ janus: 'create', transaction: 'c' });
    const session_id = idIn(client.take());
    client.say({ janus: 'attach', transaction: 'a', plugin: 'janus.plugin.ustreamer', session_id });
    return { client, session_id, handle_id: idIn(client.take()) };
  }

  /** Time passes. */
  async after(ms: number): Promise<void> {
    this.now = millis(this.now + ms);
    this.#tick();
    await settle();
  }

  /** The picture that a camera waits for. */
  async picture(camera: 'door' | 'garden' = 'door'): Promise<void> {
    await settle();
    this.sources[camera].frame({ key: true });
    await settle();
  }

  #peer(media: PeerMedia): OfferedPeer {
    const peer: FakePeer = { media, answers: [], candidates: [], closed: false };
    this.peers.push(peer);
    return {
      offer: `offer-${this.peers.length}`,
      accept: (answer) => {
        peer.answers.push(answer);
        return this.accept();
      },
      addCandidate: (candidate) => {
        peer.candidates.push(candidate);
        return Promise.resolve();
      },
      stats: () => ({
        packetsSent: 0,
        bytesSent: 0,
        nacksReceived: 0,
        packetsResent: 0,
        keyFramesRequested: 0,
      }),
      close: () => {
        peer.closed = true;
        return Promise.resolve();
      },
    };
  }
}

/** Until everything that is under way is done. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 6; turn++) await new Promise(setImmediate);
}

function idIn([reply]: readonly JsonObject[]): number {
  const { id } = (reply?.['data'] ?? {}) as { readonly id?: number };
  if (id === undefined) throw new Error(`no id in ${JSON.stringify(reply)}`);
  return id;
}
