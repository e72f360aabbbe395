/** What happens on one of the two connections. */
export interface SfuPeerHandlers {
  state(): void;
  candidate(candidate: RTCIceCandidateInit): void;
  track?(track: MediaStreamTrack, streamId: string): void;
  channel?(channel: RTCDataChannel): void;
}

/** More candidates than any server has. */
const MAX_WAITING_CANDIDATES = 256;

/** One of the two connections to an SFU server; all that it listens to ends with it. */
export class SfuPeer {
  readonly #connection: RTCPeerConnection;
  readonly #abort = new AbortController();
  #waiting: RTCIceCandidateInit[] = [];
  #turn: Promise<void> = Promise.resolve();

  constructor(connection: RTCPeerConnection, handlers: SfuPeerHandlers) {
    this.#connection = connection;
    const { signal } = this.#abort;
    connection.addEventListener('connectionstatechange', () => handlers.state(), { signal });
    connection.addEventListener(
      'icecandidate',
      ({ candidate }) => candidate && handlers.candidate(candidate.toJSON()),
      { signal },
    );
    connection.addEventListener(
      'track',
      ({ track, streams }) => handlers.track?.(track, streams[0]?.id ?? track.id),
      { signal },
    );
    connection.addEventListener('datachannel', ({ channel }) => handlers.channel?.(channel), { signal });
  }

  get state(): RTCPeerConnectionState {
    return this.#connection.connectionState;
  }

  /** Aborted when it is closed. */
  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  get maxMessageBytes(): number {
    return Math.min(this.#connection.sctp?.maxMessageSize ?? 65_536, 262_144);
  }

  openChannel(label: string, options: RTCDataChannelInit): RTCDataChannel {
    const channel = this.#connection.createDataChannel(label, options);
    channel.binaryType = 'arraybuffer';
    return channel;
  }

  /** Makes an offer. @throws {unknown} what the browser throws */
  async offer(): Promise<string> {
    const offer = await this.#connection.createOffer();
    await this.#connection.setLocalDescription(offer);
    return offer.sdp ?? '';
  }

  /** Takes an answer. @throws {unknown} what the browser throws */
  async accept(sdp: string): Promise<void> {
    await this.#connection.setRemoteDescription({ type: 'answer', sdp });
    this.#addWaiting();
  }

  /** Answers offers, one after the other. @throws {unknown} what the browser throws */
  answer(sdp: string): Promise<string> {
    const answered = this.#turn.then(async () => {
      await this.#connection.setRemoteDescription({ type: 'offer', sdp });
      this.#addWaiting();
      const answer = await this.#connection.createAnswer();
      await this.#connection.setLocalDescription(answer);
      return answer.sdp ?? '';
    });
    this.#turn = answered.then(
      () => {},
      () => {},
    );
    return answered;
  }

  /** Takes a candidate, now or once there is a description that it belongs to. */
  addCandidate(candidate: RTCIceCandidateInit): void {
    if (this.#connection.remoteDescription) this.#add(candidate);
    else if (this.#waiting.length < MAX_WAITING_CANDIDATES) this.#waiting.push(candidate);
  }

  /** Ends it. May be called again. */
  close(): void {
    this.#abort.abort();
    this.#connection.close();
    this.#waiting = [];
  }

  #addWaiting(): void {
    for (const candidate of this.#waiting.splice(0)) this.#add(candidate);
  }

  #add(candidate: RTCIceCandidateInit): void {
    // One that cannot be used is one path less, among others.
    void this.#connection.addIceCandidate(candidate).catch(() => undefined);
  }
}
