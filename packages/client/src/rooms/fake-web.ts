import type { RoomServerMessage } from './room-messages.ts';
import type {
  RoomIceCandidate,
  RoomMediaStream,
  RoomMediaTrack,
  RoomPeerConnection,
  RoomSessionDescription,
  RoomWebRtc,
  RoomWebSocket,
} from './web-interfaces.ts';

type Sent = Readonly<Record<string, unknown>> & { readonly type: string };

/** A WebSocket whose server is the test. */
export class FakeSocket extends EventTarget implements RoomWebSocket {
  binaryType = 'blob';
  readyState = 0;
  bufferedAmount = 0;
  readonly url: string;
  readonly sent: Sent[] = [];
  readonly pictures: Uint8Array[] = [];

  constructor(url: string) {
    super();
    this.url = url;
  }

  send(message: string | Uint8Array<ArrayBuffer>): void {
    if (typeof message === 'string') this.sent.push(JSON.parse(message) as Sent);
    else this.pictures.push(message);
  }

  close(): void {
    if (this.readyState >= 2) return;
    this.readyState = 3;
  }

  /** The server accepts and welcomes. */
  welcome(welcome: Partial<Extract<RoomServerMessage, { type: 'welcome' }>> = {}): void {
    this.readyState = 1;
    this.say({
      type: 'welcome',
      clientId: 'me',
      protocol: 2,
      resumeToken: `resume-${this.url}`,
      ...welcome,
    });
  }

  /** The server says something, also nonsense. */
  say(message: RoomServerMessage | string | Uint8Array<ArrayBuffer>): void {
    const data =
      message instanceof Uint8Array
        ? message.buffer
        : typeof message === 'string'
          ? message
          : JSON.stringify(message);
    this.dispatchEvent(new MessageEvent('message', { data }));
  }

  /** The connection ends. */
  drop(code = 1006, reason = ''): void {
    this.readyState = 3;
    this.dispatchEvent(Object.assign(new Event('close'), { code, reason }));
  }

  /** What was sent of one type. */
  of(type: string): Sent[] {
    return this.sent.filter((message) => message.type === type);
  }
}

/** A track that only counts. */
class FakeTrack implements RoomMediaTrack {
  readonly kind = 'video';
  readonly id = 'track';
  stopped = false;

  stop(): void {
    this.stopped = true;
  }
}

/** A stream of fake tracks. */
export class FakeStream implements RoomMediaStream {
  static #count = 0;
  readonly id = `stream-${++FakeStream.#count}`;
  readonly tracks = [new FakeTrack()];

  getTracks(): readonly FakeTrack[] {
    return this.tracks;
  }
}

/** A peer connection whose network is the test. */
export class FakePeer extends EventTarget implements RoomPeerConnection {
  connectionState = 'new';
  readonly configuration: unknown;
  readonly tracks: RoomMediaTrack[] = [];
  readonly candidates: (RoomIceCandidate | undefined)[] = [];
  readonly remote: RoomSessionDescription[] = [];
  restarts = 0;
  closed = false;

  constructor(configuration: unknown) {
    super();
    this.configuration = configuration;
  }

  addTrack(track: RoomMediaTrack): void {
    this.tracks.push(track);
  }

  createOffer(options: { iceRestart?: boolean } = {}): Promise<RoomSessionDescription> {
    if (options.iceRestart === true) this.restarts++;
    return Promise.resolve({ type: 'offer', sdp: 'offer' });
  }

  createAnswer(): Promise<RoomSessionDescription> {
    return Promise.resolve({ type: 'answer', sdp: 'answer' });
  }

  setLocalDescription(): Promise<void> {
    // Sooner than the description can be sent.
    this.found({ candidate: 'candidate:early', sdpMid: '0', sdpMLineIndex: 0 });
    return Promise.resolve();
  }

  setRemoteDescription(description: RoomSessionDescription): Promise<void> {
    if (description.sdp === 'nonsense') return Promise.reject(new Error('no SDP'));
    this.remote.push(description);
    return Promise.resolve();
  }

  addIceCandidate(candidate?: RoomIceCandidate): Promise<void> {
    if (this.remote.length === 0) return Promise.reject(new Error('before the description'));
    this.candidates.push(candidate);
    return Promise.resolve();
  }

  close(): void {
    this.closed = true;
    this.connectionState = 'closed';
  }

  found(candidate: RoomIceCandidate | null): void {
    this.dispatchEvent(Object.assign(new Event('icecandidate'), { candidate }));
  }

  become(state: string): void {
    this.connectionState = state;
    this.dispatchEvent(new Event('connectionstatechange'));
  }

  /** Pictures of the other side come. */
  bring(stream: FakeStream): void {
    this.dispatchEvent(Object.assign(new Event('track'), { track: stream.tracks[0], streams: [stream] }));
  }
}

/** All that a client made. */
export class FakeWeb {
  readonly sockets: FakeSocket[] = [];
  readonly peers: FakePeer[] = [];
  readonly webSocket: new (
    url: string,
  ) => FakeSocket;
  readonly webRtc: RoomWebRtc;

  constructor() {
    const { sockets, peers } = this;
    this.webSocket = class extends FakeSocket {
      constructor(url: string) {
        super(`${url}#${sockets.length}`);
        sockets.push(this);
      }
    };
    this.webRtc = {
      RTCPeerConnection: class extends FakePeer {
        constructor(configuration: unknown) {
          super(configuration);
          peers.push(this);
        }
      },
      MediaStream: FakeStream,
    };
  }

  get options() {
    return {
      webSocket: this.webSocket,
      webRtc: this.webRtc,
      serverUrl: 'ws://server',
      reconnect: { minDelayMs: 500, maxDelayMs: 15_000, random: () => 1 },
    };
  }

  get socket(): FakeSocket {
    const last = this.sockets.at(-1);
    if (last === undefined) throw new Error('nothing connected yet');
    return last;
  }

  get peer(): FakePeer {
    const last = this.peers.at(-1);
    if (last === undefined) throw new Error('no peer yet');
    return last;
  }
}

/** What is due now, without any time passing. */
export async function settled(): Promise<void> {
  for (let i = 0; i < 30; i++) await Promise.resolve();
}
