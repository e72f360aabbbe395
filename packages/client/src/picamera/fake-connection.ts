/** A data channel as the scripted other end sees it. */
export class FakeChannel extends EventTarget {
  readonly label: string;
  readonly options: RTCDataChannelInit;
  readonly sent: (string | Uint8Array)[] = [];
  readyState: RTCDataChannelState = 'connecting';
  bufferedAmount = 0;
  binaryType = 'blob';

  constructor(label: string, options: RTCDataChannelInit) {
    super();
    this.label = label;
    this.options = options;
  }

  send(message: string | Uint8Array): void {
    if (this.readyState !== 'open') throw new Error('InvalidStateError');
    this.sent.push(typeof message === 'string' ? message : message.slice());
  }

  close(): void {
    this.readyState = 'closed';
  }

  /** The channel opens. */
  open(): void {
    this.readyState = 'open';
    this.dispatchEvent(new Event('open'));
  }

  /** The other end closes it. */
  vanish(): void {
    this.readyState = 'closed';
    this.dispatchEvent(new Event('close'));
  }

  /** The other end says something. */
  say(message: string | Uint8Array): void {
    const payload = typeof message === 'string' ? message : message.slice().buffer;
    this.dispatchEvent(new MessageEvent('message', { data: payload }));
  }
}

/** An `RTCPeerConnection` that is told what happens to it. */
export class FakeConnection extends EventTarget {
  readonly configuration: RTCConfiguration;
  readonly channels: FakeChannel[] = [];
  readonly transceivers: {
    readonly kind: string;
    readonly direction: string | undefined;
    readonly sender: {
      track: unknown;
      replaceTrack(track: unknown): Promise<void>;
    };
    readonly receiver: { readonly track: { stop(): void } };
  }[] = [];
  readonly candidates: RTCIceCandidateInit[] = [];
  connectionState: RTCPeerConnectionState = 'new';
  signalingState: RTCSignalingState = 'stable';
  localDescription: RTCSessionDescriptionInit | null = null;
  remoteDescription: RTCSessionDescriptionInit | null = null;
  sctp: { maxMessageSize: number } | null = null;
  restarts = 0;
  stopped = 0;
  #offers = 0;
  readonly #id: number;

  constructor(configuration: RTCConfiguration, id = 1) {
    super();
    this.configuration = configuration;
    this.#id = id;
  }

  addTransceiver(kind: string, { direction }: { direction?: string } = {}) {
    const sender = {
      track: undefined as unknown,
      replaceTrack(track: unknown): Promise<void> {
        sender.track = track;
        return Promise.resolve();
      },
    };
    const transceiver = { kind, direction, sender, receiver: { track: { stop: () => this.stopped++ } } };
    this.transceivers.push(transceiver);
    return transceiver;
  }

  getTransceivers() {
    return this.transceivers;
  }

  createDataChannel(label: string, options: RTCDataChannelInit = {}): FakeChannel {
    const channel = new FakeChannel(label, options);
    this.channels.push(channel);
    return channel;
  }

  createOffer({ iceRestart = false } = {}): Promise<RTCSessionDescriptionInit> {
    if (iceRestart) this.restarts++;
    const media = this.transceivers.map(({ kind }) => `m=${kind} 9 UDP/TLS/RTP/SAVPF 96\r\n`).join('');
    const sdp = `v=0\r\no=- ${this.#id} ${++this.#offers} IN IP4 0.0.0.0\r\n${media}m=application 9 x\r\n`;
    return Promise.resolve({ type: 'offer', sdp });
  }

  createAnswer(): Promise<RTCSessionDescriptionInit> {
    return Promise.resolve({ type: 'answer', sdp: `v=0\r\na=answer-of:${this.#id}\r\n` });
  }

  setLocalDescription(description: RTCSessionDescriptionInit): Promise<void> {
    this.localDescription = description;
    this.signalingState = description.type === 'offer' ? 'have-local-offer' : 'stable';
    return Promise.resolve();
  }

  setRemoteDescription(description: RTCSessionDescriptionInit): Promise<void> {
    if (description.sdp?.includes('unreadable')) return Promise.reject(new Error('cannot be parsed'));
    this.remoteDescription = description;
    this.signalingState = description.type === 'offer' ? 'have-remote-offer' : 'stable';
    return Promise.resolve();
  }

  addIceCandidate(candidate: RTCIceCandidateInit): Promise<void> {
    if (!this.remoteDescription) return Promise.reject(new Error('no description yet'));
    this.candidates.push(candidate);
    return Promise.resolve();
  }

  close(): void {
    this.connectionState = 'closed';
    this.signalingState = 'closed';
  }

  /** The connection comes into a state. */
  become(state: RTCPeerConnectionState): void {
    this.connectionState = state;
    this.dispatchEvent(new Event('connectionstatechange'));
  }

  /** It finds a candidate of its own. */
  find(candidate: RTCIceCandidateInit): void {
    this.dispatchEvent(Object.assign(new Event('icecandidate'), { candidate: { toJSON: () => candidate } }));
  }

  /** A track comes. */
  bring(track: object, streams: readonly object[]): void {
    this.dispatchEvent(Object.assign(new Event('track'), { track, streams }));
  }

  /** The other end opens a channel. */
  offerChannel(channel: FakeChannel): void {
    this.dispatchEvent(Object.assign(new Event('datachannel'), { channel }));
  }
}
