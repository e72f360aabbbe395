import { type Logger, type Micros, micros, PinholeError } from '@pinhole/core';
import type { Camera } from '../stream/camera.ts';
import type { Peer, PeerEvent, PeerFactory, PeerStats } from './peer.ts';
import { newViewer, stepViewer, type ViewerInput, type ViewerState } from './step-viewer.ts';
import type { Identity, ViewerEnd } from './viewer.ts';
import type { AdmittedViewer, ViewerRegistry } from './viewer-registry.ts';

/** What a viewer's offer led to. */
export interface AnsweredOffer {
  /** Unguessable; names the session from now on. */
  readonly id: string;
  /** SDP with all candidates. */
  readonly answer: string;
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
  state: ViewerState;
  viewer?: AdmittedViewer;
  peer?: Peer;
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
   * @throws {PinholeError} `camera/not-live`, `session/limit`, `webrtc/*`
   */
  async offer(camera: Camera, sdp: string, who: Identity): Promise<AnsweredOffer> {
    const { peers, registry, now, log } = this.#options;
    const session: Session = { camera, who, state: newViewer(now()) };
    const viewer = registry.admit({
      camera,
      transport: 'webrtc',
      who,
      close: (why) => this.#step(session, { kind: 'end', why }),
      state: () => session.state.kind,
    });
    session.viewer = viewer;
    try {
      await camera.ready({ deadline: micros(now() + START_PATIENCE) });
      const peer = await peers.open({
        offer: sdp,
        stream: camera.stream,
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
      return { id: viewer.id, answer: peer.answer };
    } catch (error) {
      viewer.leave('left');
      void session.peer?.close();
      throw error;
    }
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

  #known(id: string): Session {
    const session = this.#sessions.get(id);
    if (!session) throw new PinholeError('session/unknown', 'no such session: it ended, or never was');
    return session;
  }

  #step(session: Session, input: ViewerInput): void {
    const before = session.state;
    session.state = stepViewer(before, input, this.#options.now());
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
