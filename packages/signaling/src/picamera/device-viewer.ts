import { type Logger, type Micros, messageOf, micros, PinholeError } from '@pinhole/core';
import type {
  Camera,
  Identity,
  ViewerEnd,
  ViewerPatience,
  ViewerSessions,
  ViewerState,
} from '@pinhole/engine';
import type { TopicFamily } from '@pinhole/protocol/picamera';
import { type ClientOffer, FAMILIES } from './client-offer.ts';
import type { DeviceCounters } from './device-counters.ts';
import type { DeviceLimits } from './device-limits.ts';
import type { DeviceLink } from './device-link.ts';
import { type ClientCandidate, EarlyCandidates, type KeptAs } from './early-candidates.ts';
import { readOfferedSide } from './offered-side.ts';
import { ViewerConnection } from './viewer-connection.ts';
import type { ServeViewer } from './viewer-service.ts';
import { ViewerVoice } from './viewer-voice.ts';

/** What all viewers of a device share. */
export interface DeviceContext {
  readonly uid: string;
  readonly streamId: string;
  readonly camera: Camera;
  readonly sessions: Pick<ViewerSessions, 'offer' | 'renegotiate' | 'candidate' | 'close'>;
  readonly link: DeviceLink;
  readonly limits: DeviceLimits;
  readonly counters: DeviceCounters;
  readonly serve: ServeViewer;
  /** Whether one more connection may be made. */
  readonly hasRoom: () => boolean;
  /** An offer was not answered. */
  readonly refused: (code: string) => void;
  readonly log: Logger;
}

/** The stock tracks' names. */
const VIDEO_TRACK = 'video_track';
const AUDIO_TRACK = 'audio_track';

const PEER_TIMEOUT = micros(60_000_000);
const SILENCE = micros(10_000_000);
/** A client of the first generations gives up by itself, and comes back as somebody else. */
const SHORT_RECOVERY = micros(20_000_000);

/** One who is there, and one who shall take its place. */
const MAX_CONNECTIONS = 2;

/**
 * One client id at a device: its offers are answered one after the other, each once, whatever topics it came on.
 *
 * ```
 *  offer ──same text──▶ answered on that family too
 *    ├── of the browser's connection that is there, family `offer` ──▶ answered on that connection
 *    └── else ──▶ a connection of its own; once that is up, the one before it ends
 * ```
 */
export class DeviceViewer {
  readonly clientId: string;
  readonly #context: DeviceContext;
  readonly #early: EarlyCandidates;
  readonly #voice: ViewerVoice;
  /** The newest last. */
  #connections: ViewerConnection[] = [];
  #answering: ClientOffer | undefined;
  #waiting: ClientOffer | undefined;
  #over = false;

  constructor(clientId: string, context: DeviceContext) {
    this.clientId = clientId;
    this.#context = context;
    this.#early = new EarlyCandidates(context.limits);
    this.#voice = new ViewerVoice(clientId, context);
  }

  get connections(): number {
    return this.#connections.length;
  }

  /** Nobody is there, and nothing is kept. */
  get idle(): boolean {
    return !this.hasOffered && this.#early.size === 0;
  }

  /** Whether there is more of it than candidates. */
  get hasOffered(): boolean {
    return this.#connections.length > 0 || this.#answering !== undefined || this.#waiting !== undefined;
  }

  /** Takes an offer that came on topics of `family`. */
  offer(sdp: string, family: TopicFamily, who: Identity): void {
    const { counters } = this.#context;
    const known = [this.#waiting, this.#answering, this.#connections.at(-1)?.offer].find(
      (one) => one?.sdp === sdp,
    );
    if (known) {
      counters.offersRepeated++;
      known.families.add(family);
      this.#voice.answer(known, family);
      return;
    }
    const side = this.#read(sdp);
    if (!side) return;
    if (this.#waiting) counters.offersOvertaken++;
    this.#waiting = { sdp, side, who, families: new Set([family]) };
    this.#answerNext();
  }

  /** Takes a candidate; one without its offer waits for it. */
  candidate(candidate: ClientCandidate, now: Micros): void {
    const { counters } = this.#context;
    if (this.#connections.some(({ told }) => told.has(candidate.text))) {
      counters.candidatesEchoed++;
      return;
    }
    const owner = this.#ownerOf(candidate);
    const meant = this.#connections.at(-1);
    if (owner) this.#give(owner, candidate);
    else if (this.#answering || this.#waiting || !meant) this.#keep(candidate, 'new', now);
    else {
      // Of an offer that has not come, or of none at all: see `EarlyCandidates`.
      if (candidate.username !== undefined) this.#keep(candidate, 'given', now);
      this.#give(meant, candidate);
    }
  }

  /** Does what has come due. */
  tick(now: Micros): void {
    this.#context.counters.candidatesEarlyDropped += this.#early.expire(now);
  }

  /** Lets go of what was kept for an offer that may never come. */
  forget(): void {
    this.#context.counters.candidatesEarlyDropped += this.#early.clear();
  }

  /** Ends all of it. */
  close(why: ViewerEnd): void {
    this.#over = true;
    this.#waiting = undefined;
    for (const connection of this.#connections) this.#end(connection, why);
  }

  #read(sdp: string): ClientOffer['side'] | undefined {
    try {
      return readOfferedSide(sdp);
    } catch (error) {
      this.#refuse(error);
      return undefined;
    }
  }

  #answerNext(): void {
    const offer = this.#waiting;
    if (this.#answering || !offer) return;
    this.#waiting = undefined;
    this.#answering = offer;
    this.#answer(offer)
      .catch((error: unknown) => this.#refuse(error))
      .finally(() => {
        this.#answering = undefined;
        this.#answerNext();
      });
  }

  async #answer(offer: ClientOffer): Promise<void> {
    const known = this.#connections.findLast((connection) => connection.isMeantBy(offer));
    const connection = (known && (await this.#renegotiate(known, offer))) ?? (await this.#open(offer));
    for (const family of FAMILIES) if (offer.families.has(family)) this.#voice.answer(offer, family);
    this.#voice.candidates(connection, offer);
    for (const candidate of this.#early.take(offer.side.usernames)) this.#give(connection, candidate);
  }

  /** @returns undefined where only a new connection can answer. */
  async #renegotiate(
    connection: ViewerConnection,
    offer: ClientOffer,
  ): Promise<ViewerConnection | undefined> {
    const { sessions, counters } = this.#context;
    if (connection.id === undefined) return undefined;
    try {
      offer.answer = await sessions.renegotiate(connection.id, offer.sdp);
    } catch (error) {
      if (!(error instanceof PinholeError) || !GONE.includes(error.code)) throw error;
      return undefined;
    }
    counters.renegotiations++;
    connection.offer = offer;
    return connection;
  }

  async #open(offer: ClientOffer): Promise<ViewerConnection> {
    const { camera, sessions, streamId, serve, hasRoom } = this.#context;
    while (this.#connections.length >= MAX_CONNECTIONS) this.#replace(this.#connections[0]);
    if (!hasRoom()) throw new PinholeError('session/limit', 'the device has as many connections as it may');
    const family = FAMILIES.find((one) => offer.families.has(one)) ?? 'sdp';
    const service = serve({ clientId: this.clientId, family, who: offer.who });
    const connection = new ViewerConnection(offer, service);
    this.#connections.push(connection);
    try {
      const { id, answer } = await sessions.offer(camera, offer.sdp, offer.who, {
        peer: {
          ...service.peer,
          video: 'if-offered',
          msid: { stream: streamId, video: VIDEO_TRACK, audio: AUDIO_TRACK },
        },
        patience: patienceFor(family),
        picture: offer.side.wantsPicture ? 'needed' : 'needless',
        changed: (state) => this.#changed(connection, state),
      });
      connection.id = id;
      offer.answer = answer;
    } catch (error) {
      this.#remove(connection);
      throw error;
    }
    if (!this.#over) return connection;
    this.#end(connection, 'shutdown');
    throw new PinholeError('session/ended', 'the device was closed');
  }

  #changed(connection: ViewerConnection, { kind }: ViewerState): void {
    connection.state = kind;
    if (kind === 'closed') this.#remove(connection);
    if (kind !== 'live') return;
    const place = this.#connections.indexOf(connection);
    for (const older of this.#connections.slice(0, Math.max(place, 0))) this.#replace(older);
  }

  #replace(connection: ViewerConnection | undefined): void {
    if (!connection) return;
    this.#context.counters.connectionsReplaced++;
    this.#end(connection, 'left');
  }

  #end(connection: ViewerConnection, why: ViewerEnd): void {
    const { sessions } = this.#context;
    if (connection.id !== undefined && connection.state !== 'closed') sessions.close(connection.id, why);
    this.#remove(connection);
  }

  #remove(connection: ViewerConnection): void {
    if (!this.#connections.includes(connection)) return;
    connection.state = 'closed';
    this.#connections = this.#connections.filter((one) => one !== connection);
    connection.service.closed();
  }

  /** The connection whose offer the candidate names. */
  #ownerOf({ username }: ClientCandidate): ViewerConnection | undefined {
    if (username === undefined) return undefined;
    return this.#connections.findLast(
      ({ id, offer }) => id !== undefined && offer.answer !== undefined && offer.side.usernames.has(username),
    );
  }

  #keep(candidate: ClientCandidate, as: KeptAs, now: Micros): void {
    const { counters } = this.#context;
    const kept = this.#early.keep(candidate, as, now);
    if (as === 'given') return;
    if (kept) counters.candidatesEarly++;
    else counters.candidatesEarlyDropped++;
  }

  #give(connection: ViewerConnection, { text }: ClientCandidate): void {
    const { sessions, log } = this.#context;
    if (connection.id === undefined || !connection.takes(text)) return;
    sessions
      .candidate(connection.id, text)
      .catch((error: unknown) => log.debug({ reason: messageOf(error) }, 'candidate passed over'));
  }

  #refuse(error: unknown): void {
    const { refused, log } = this.#context;
    if (!(error instanceof PinholeError)) {
      log.error({ error, viewer: this.clientId.slice(0, 8) }, 'answering a viewer failed');
      refused('internal');
      return;
    }
    log.debug(
      { code: error.code, reason: error.message, viewer: this.clientId.slice(0, 8) },
      'an offer was not answered',
    );
    refused(error.code);
  }
}

/** What renegotiating throws where the connection is no longer one. */
const GONE: readonly string[] = ['webrtc/closed', 'session/unknown'];

const patienceFor = (family: TopicFamily): ViewerPatience => ({
  connect: PEER_TIMEOUT,
  recovery: family === 'offer' ? PEER_TIMEOUT : SHORT_RECOVERY,
  silence: SILENCE,
});
