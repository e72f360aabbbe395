import { type Logger, type Micros, micros, PinholeError } from '@pinhole/core';
import type { Camera } from '../stream/camera.ts';
import type { OfferedPeer, Peer, PeerEvent, PeerFactory, PeerMedia, PeerRequest, PeerStats } from './peer.ts';
import {
  newViewer,
  stepViewer,
  USUAL_PATIENCE,
  type ViewerInput,
  type ViewerPatience,
  type ViewerState,
} from './step-viewer.ts';
import type { Identity, ViewerEnd } from './viewer.ts';
import type { AdmittedViewer, ViewerRegistry } from './viewer-registry.ts';

/** What a viewer's offer led to. */
export interface AnsweredOffer {
  /** Unguessable; names the session from now on. */
  readonly id: string;
  /** SDP with all candidates. */
  readonly answer: string;
}

/** A viewer that was made an offer. */
export interface InvitedViewer {
  /** Unguessable; names the session from now on. */
  readonly id: string;
  /** SDP with all candidates. */
  readonly offer: string;
}

/** What a signaling protocol wants of its viewers' sessions beyond the usual. */
export interface SessionWishes {
  /** What the viewer's peer is opened with. */
  readonly peer?: Pick<
    PeerRequest,
    'video' | 'audio' | 'onAudio' | 'whenIdle' | 'rotation' | 'msid' | 'channels' | 'onDataChannel'
  >;
  readonly patience?: ViewerPatience;
  /** Whether the answer waits for the camera's first picture; `needless` for a viewer that takes none. Default `needed`. */
  readonly picture?: 'needed' | 'needless';
  /** Called at each change of the kind of state, from before the answer on; `closed` is the last. */
  readonly changed?: (state: ViewerState) => void;
}

/** What sessions are made with. */
export interface ViewerSessionsOptions {
  readonly peers: PeerFactory;
  readonly registry: ViewerRegistry;
  readonly now: () => Micros;
  readonly log: Logger;
}

interface Session {
  readonly camera: Camera;
  readonly who: Identity;
  readonly wishes: SessionWishes;
  state: ViewerState;
  viewer?: AdmittedViewer;
  peer?: Peer | OfferedPeer;
  stopWatching?: () => void;
}

/** What all peers counted together, those that are gone included. */
export type PeerTotals = Readonly<Record<(typeof COUNTED)[number], number>>;

const COUNTED = [
  'packetsSent',
  'bytesSent',
  'nacksReceived',
  'nacksUnanswered',
  'packetsResent',
  'keyFramesRequested',
  'rtcpMalformed',
  'channelMalformed',
  'datagramsRefused',
  'sendFailures',
  'framesDroppedNonReference',
  'framesDroppedWaitingForKey',
  'deliverySteps',
  'streamSwitches',
  'subStreamRefusals',
] as const satisfies readonly (keyof PeerStats)[];

/** How long an offer may wait for a camera that is just being started. */
const START_PATIENCE = micros(8_000_000);

/** WebRTC viewers: each from its offer to its end, whatever protocol carried the offer. */
export class ViewerSessions {
  readonly #options: ViewerSessionsOptions;
  readonly #sessions = new Map<string, Session>();
  #gone: PeerTotals = sumOf([]);

  constructor(options: ViewerSessionsOptions) {
    this.#options = options;
  }

  /**
   * Opens a session for a viewer's offer; starts the camera when nobody watched it.
   * @throws {PinholeError} `camera/not-live`, `session/limit`, `session/ended`, `webrtc/*`
   */
  async offer(
    camera: Camera,
    sdp: string,
    who: Identity,
    wishes: SessionWishes = {},
  ): Promise<AnsweredOffer> {
    const { peers } = this.#options;
    const { id, peer } = await this.#open({ camera, who, wishes }, (media) =>
      peers.open({ ...media, offer: sdp }),
    );
    return { id, answer: peer.answer };
  }

  /**
   * Opens a session for a viewer that answers offers, as those of rooms; starts the camera when nobody watched it.
   * `accept` takes its answer; until then it counts as connecting.
   * @throws {PinholeError} `camera/not-live`, `session/limit`, `session/ended`, `webrtc/*`
   */
  async invite(camera: Camera, who: Identity, wishes: SessionWishes = {}): Promise<InvitedViewer> {
    const { peers } = this.#options;
    const { id, peer } = await this.#open({ camera, who, wishes }, (media) => peers.offer(media));
    return { id, offer: peer.offer };
  }

  /**
   * Takes the answer of an invited viewer; see {@link OfferedPeer.accept}.
   * @throws {PinholeError} `session/unknown`, `webrtc/*`
   */
  async accept(id: string, answer: string): Promise<void> {
    const { peer } = this.#known(id);
    if (!peer || !('accept' in peer))
      throw new PinholeError('webrtc/unsupported', 'this viewer was offered nothing');
    await peer.accept(answer);
  }

  /** Who a session belongs to, and its camera; undefined once it ended. */
  find(id: string): { readonly camera: Camera; readonly who: Identity } | undefined {
    return this.#sessions.get(id);
  }

  /** What a session's peer measured. */
  stats(id: string): PeerStats | undefined {
    return this.#sessions.get(id)?.peer?.stats();
  }

  /** What all peers counted since the start. */
  get totals(): PeerTotals {
    return sumOf([this.#gone, ...[...this.#sessions.values()].flatMap(({ peer }) => peer?.stats() ?? [])]);
  }

  /**
   * Answers a further offer of a session's viewer, on the same connection; see {@link Peer.renegotiate}.
   * @returns the SDP answer with all candidates.
   * @throws {PinholeError} `session/unknown`, `webrtc/*`
   */
  async renegotiate(id: string, sdp: string): Promise<string> {
    const { peer } = this.#known(id);
    if (!peer) throw new PinholeError('session/unknown', 'the session is not answered yet');
    if (!('renegotiate' in peer))
      throw new PinholeError('webrtc/unsupported', 'a viewer that was made an offer makes none');
    return await peer.renegotiate(sdp);
  }

  /** @throws {PinholeError} `session/unknown` */
  async candidate(id: string, candidate: string): Promise<void> {
    await this.#known(id).peer?.addCandidate(candidate);
  }

  /**
   * Ends a session.
   * @throws {PinholeError} `session/unknown`
   */
  close(id: string, why: ViewerEnd): void {
    this.#step(this.#known(id), { kind: 'end', why });
  }

  /** Does what has come due: deadlines, silence. Called a few times a second. */
  tick(): void {
    for (const session of this.#sessions.values()) this.#step(session, { kind: 'tick' });
  }

  async #open<P extends Peer | OfferedPeer>(
    {
      camera,
      who,
      wishes,
    }: { readonly camera: Camera; readonly who: Identity; readonly wishes: SessionWishes },
    open: (media: PeerMedia) => Promise<P>,
  ): Promise<{ readonly id: string; readonly peer: P }> {
    const { registry, now, log } = this.#options;
    const session: Session = { camera, who, wishes, state: newViewer(now(), wishes.patience) };
    const viewer = registry.admit({
      camera,
      transport: 'webrtc',
      who,
      close: (why) => this.#step(session, { kind: 'end', why }),
      state: () => session.state.kind,
    });
    session.viewer = viewer;
    try {
      if (wishes.picture !== 'needless') await camera.ready({ deadline: micros(now() + START_PATIENCE) });
      const peer = await open({
        ...wishes.peer,
        stream: camera.stream,
        ...(camera.sub && { sub: camera.sub }),
        who,
        handle: (event) => this.#step(session, inputOf(event)),
      });
      session.peer = peer;
      if (session.state.kind === 'closed')
        throw new PinholeError('session/ended', `the session ended: ${session.state.why}`);
      session.stopWatching = camera.stream.events.on('parameters', ({ bFrames }) => {
        if (bFrames) this.#step(session, { kind: 'end', why: 'b-frames' });
      });
      this.#sessions.set(viewer.id, session);
      log.info({ camera: camera.id, viewer: viewer.id.slice(0, 8), token: who.tokenId }, 'viewer opened');
      return { id: viewer.id, peer };
    } catch (error) {
      viewer.leave('left');
      void session.peer?.close();
      throw error;
    }
  }

  #known(id: string): Session {
    const session = this.#sessions.get(id);
    if (!session) throw new PinholeError('session/unknown', 'no such session: it ended, or never was');
    return session;
  }

  #step(session: Session, input: ViewerInput): void {
    const before = session.state;
    const { patience = USUAL_PATIENCE, changed } = session.wishes;
    session.state = stepViewer(before, input, this.#options.now(), patience);
    if (session.state.kind !== before.kind) changed?.(session.state);
    if (session.state.kind !== 'closed' || before.kind === 'closed') return;
    const { why } = session.state;
    session.stopWatching?.();
    if (session.peer) this.#gone = sumOf([this.#gone, session.peer.stats()]);
    void session.peer?.close(why);
    if (!session.viewer) return;
    this.#sessions.delete(session.viewer.id);
    session.viewer.leave(why);
    this.#options.log.info(
      { camera: session.camera.id, viewer: session.viewer.id.slice(0, 8), why },
      'viewer closed',
    );
  }
}

const sumOf = (all: readonly Partial<PeerStats>[]): PeerTotals =>
  Object.fromEntries(
    COUNTED.map((name) => [name, all.reduce((sum, stats) => sum + (stats[name] ?? 0), 0)]),
  ) as PeerTotals;

const inputOf = (event: PeerEvent): ViewerInput => ({ kind: event.kind });
