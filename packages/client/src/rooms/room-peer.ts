import type { RoomCandidate, RoomDescription } from './room-messages.ts';
import type {
  CandidateEvent,
  RoomIceCandidate,
  RoomIceServer,
  RoomMediaStream,
  RoomPeerConnection,
  RoomSessionDescription,
  RoomWebRtc,
  TrackEvent,
} from './web-interfaces.ts';

/** What a peer tells; nothing after `close`. */
export interface RoomPeerHandlers {
  /** A candidate of ours for the other side, after the description that it belongs to; `null` after the last. */
  readonly candidate: (candidate: RoomCandidate) => void;
  readonly state: (state: string) => void;
  /** Tracks of the other side come. */
  readonly stream?: (stream: RoomMediaStream) => void;
  /** A step of the negotiation failed. */
  readonly failed: (thrown: unknown) => void;
}

/** Candidates that come before their description; a peer has a handful. */
const MAX_EARLY_CANDIDATES = 64;

/**
 * One WebRTC connection to a member of the room. Steps of its negotiation run one after the other; candidates, of
 * either side, wait for the description before them.
 */
export class RoomPeer {
  readonly connection: RoomPeerConnection;
  /** The other side's id. */
  readonly clientId: string;
  readonly #handlers: RoomPeerHandlers;
  #steps: Promise<void> = Promise.resolve();
  #out: RoomCandidate[] | undefined = [];
  #in: RoomCandidate[] | undefined = [];
  #closed = false;
  #candidatesDropped = 0;

  constructor(
    options: {
      readonly clientId: string;
      readonly webRtc: RoomWebRtc;
      readonly iceServers: readonly RoomIceServer[];
    },
    handlers: RoomPeerHandlers,
  ) {
    const { clientId, webRtc, iceServers } = options;
    this.clientId = clientId;
    this.#handlers = handlers;
    this.connection = new webRtc.RTCPeerConnection({
      iceServers: iceServers.map((server) => ({ ...server })),
    });
    this.connection.addEventListener('icecandidate', (event) => {
      this.#found((event as CandidateEvent).candidate ?? null);
    });
    this.connection.addEventListener('connectionstatechange', () => {
      if (!this.#closed) handlers.state(this.connection.connectionState);
    });
    this.connection.addEventListener('track', (event) => {
      if (this.#closed) return;
      const { streams, track } = event as TrackEvent;
      handlers.stream?.(streams[0] ?? new webRtc.MediaStream([track as never]));
    });
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** Candidates of the other side that were too many before their description, or that the browser did not take. */
  get candidatesDropped(): number {
    return this.#candidatesDropped;
  }

  /** Makes an offer and gives it to `send`; again with a new path for the same media. */
  offer(
    send: (offer: RoomSessionDescription) => void,
    options: { readonly iceRestart?: boolean } = {},
  ): void {
    this.#step(async () => {
      this.#out ??= [];
      const offer = await this.connection.createOffer(options);
      await this.connection.setLocalDescription(offer);
      this.#say(offer, send);
    });
  }

  /** Takes an offer and gives the answer to `send`. */
  answer(offer: RoomDescription, send: (answer: RoomSessionDescription) => void): void {
    this.#in ??= [];
    this.#step(async () => {
      this.#out ??= [];
      await this.connection.setRemoteDescription({ type: 'offer', sdp: offer.sdp ?? '' });
      const answer = await this.connection.createAnswer();
      await this.connection.setLocalDescription(answer);
      this.#say(answer, send);
      await this.#takeEarly();
    });
  }

  /** Takes the answer to an offer of ours. */
  accept(answer: RoomDescription): void {
    this.#step(async () => {
      await this.connection.setRemoteDescription({ type: answer.type ?? 'answer', sdp: answer.sdp ?? '' });
      await this.#takeEarly();
    });
  }

  /** Takes a candidate of the other side; one that the browser does not is passed over. */
  candidate(candidate: RoomCandidate): void {
    if (this.#in === undefined) this.#step(() => this.#add(candidate));
    else if (this.#in.length < MAX_EARLY_CANDIDATES) this.#in.push(candidate);
    else this.#candidatesDropped++;
  }

  /** May be called again; never throws. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.connection.close();
  }

  #step(step: () => Promise<void>): void {
    this.#steps = this.#steps.then(async () => {
      if (this.#closed) return;
      try {
        await step();
      } catch (thrown) {
        if (!this.#closed) this.#handlers.failed(thrown);
      }
    });
  }

  #say({ type, sdp }: RoomSessionDescription, send: (description: RoomSessionDescription) => void): void {
    if (this.#closed) return;
    send({ type, sdp: sdp ?? '' });
    const waited = this.#out ?? [];
    this.#out = undefined;
    for (const candidate of waited) this.#handlers.candidate(candidate);
  }

  #found(candidate: RoomCandidate): void {
    if (this.#closed) return;
    const plain = candidate && plainCandidate(candidate);
    if (this.#out === undefined) this.#handlers.candidate(plain);
    else this.#out.push(plain);
  }

  async #takeEarly(): Promise<void> {
    const early = this.#in ?? [];
    this.#in = undefined;
    for (const candidate of early) await this.#add(candidate);
  }

  async #add(candidate: RoomCandidate): Promise<void> {
    const last = candidate === null || (candidate.candidate ?? '') === '';
    try {
      await this.connection.addIceCandidate(last ? undefined : plainCandidate(candidate));
    } catch {
      // Of an offer that was replaced, or in words that this browser does not know: there are others.
      this.#candidatesDropped++;
    }
  }
}

/** Without what is undefined, and of an object whose fields are its class's. */
const plainCandidate = (given: NonNullable<RoomCandidate>): RoomIceCandidate => ({
  candidate: given.candidate ?? '',
  sdpMid: given.sdpMid ?? null,
  sdpMLineIndex: given.sdpMLineIndex ?? null,
  ...(given.usernameFragment && { usernameFragment: given.usernameFragment }),
});

/** What tells one connection from the next in a description: its certificate. */
export const fingerprintOf = ({ sdp = '' }: RoomDescription): string =>
  /^a=fingerprint:(.+)$/m.exec(sdp)?.[1]?.trim().toLowerCase() ?? '';
