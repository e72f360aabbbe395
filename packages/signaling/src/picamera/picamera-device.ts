import { type Logger, MalformedError, type Micros, micros, microsToMillis } from '@pinhole/core';
import type { Camera, Identity, ViewerEnd, ViewerSessions } from '@pinhole/engine';
import {
  deviceFilters,
  MAX_SIGNAL_BYTES,
  parseCandidate,
  parseDescription,
  parseSignalTopic,
  type SignalTopic,
  type TopicFamily,
} from '@pinhole/protocol/picamera';
import { Budget } from '../rooms/message-budget.ts';
import { DEVICE_FAULTS, DeviceCounters } from './device-counters.ts';
import { DEFAULT_DEVICE_LIMITS, type DeviceLimits } from './device-limits.ts';
import type { DeviceLink } from './device-link.ts';
import { DeviceViewer } from './device-viewer.ts';
import type { ClientCandidate } from './early-candidates.ts';
import type { ServeViewer } from './viewer-service.ts';

/** What {@link PicameraDevice} is made with. */
export interface PicameraDeviceOptions {
  /** The topics begin with it. */
  readonly uid: string;
  /** Id of the `MediaStream` that viewers get; the uid unless given. */
  readonly streamId?: string;
  readonly camera: Camera;
  readonly sessions: Pick<ViewerSessions, 'offer' | 'renegotiate' | 'candidate' | 'close'>;
  readonly link: DeviceLink;
  /** Who a client id is; undefined: somebody who may not watch. */
  readonly identify: (clientId: string) => Identity | undefined;
  /** Makes what a viewer gets besides the picture. */
  readonly serve: ServeViewer;
  /** `retained` keeps `{uid}/lwt` at `online` while the device is there. Default `off`. */
  readonly presence?: 'off' | 'retained';
  readonly limits?: Partial<DeviceLimits>;
  readonly now: () => Micros;
  readonly log: Logger;
}

const REPORT_EVERY = micros(60_000_000);
/** Clients whose messages are counted one by one. */
const MAX_BUDGETS = 1024;

interface ClientBudgets {
  readonly offers: Budget;
  readonly candidates: Budget;
}

/** The topic and the words of a device's presence, as some devices in the field have it. */
export const presenceOf = (uid: string) =>
  ({ topic: [uid, 'lwt'].join('/'), online: 'online', offline: 'offline', qos: 1, retain: true }) as const;

/**
 * The device end of pi-webrtc's signaling: answers the offers that come on the topics of a uid, of clients of every
 * generation at once. It makes no sound about what is wrong on its topics but a line a minute; what is right is a session
 * like any other viewer's.
 */
export class PicameraDevice {
  readonly counters = new DeviceCounters();
  readonly #options: PicameraDeviceOptions;
  readonly #limits: DeviceLimits;
  readonly #viewers = new Map<string, DeviceViewer>();
  readonly #budgets = new Map<string, ClientBudgets>();
  readonly #offers: Budget;
  /** Shared by those who are too many to be counted one by one. */
  readonly #crowd: ClientBudgets;
  readonly #stops: (() => void)[] = [];
  #reportAt: Micros;
  #reported: Readonly<Record<string, number>> = {};
  #lastRefusal: string | undefined;
  #closed = false;

  constructor(options: PicameraDeviceOptions) {
    this.#options = options;
    this.#limits = { ...DEFAULT_DEVICE_LIMITS, ...options.limits };
    const now = options.now();
    const { offers, candidatesPerClient } = this.#limits;
    this.#offers = new Budget(offers, microsToMillis(now));
    this.#crowd = {
      offers: new Budget(offers, microsToMillis(now)),
      candidates: new Budget(candidatesPerClient, microsToMillis(now)),
    };
    this.#reportAt = micros(now + REPORT_EVERY);
  }

  /** Begins to listen. */
  open(): void {
    const { uid, link, log } = this.#options;
    const subscription = link.subscribe(
      deviceFilters(uid).map(({ topic, qos, noLocal }) => ({ topic, qos, noLocal })),
      (topic, payload, { retained }) => this.#receive(topic, payload, { retained }),
      {
        refused: ({ topic, why }) => {
          this.counters.topicsRefused++;
          log.warn({ uid, topic, why }, 'the broker does not let the camera hear its topic');
        },
      },
    );
    this.#stops.push(() => subscription.close());
    if (this.#options.presence !== 'retained') return;
    if (link.state.kind === 'connected') this.#tellPresence('online');
    // After a reconnect the will has said otherwise.
    this.#stops.push(link.onState(({ kind }) => kind === 'connected' && this.#tellPresence('online')));
  }

  /** Clients that have a connection, or are getting one. */
  get viewers(): number {
    return [...this.#viewers.values()].filter(({ connections }) => connections > 0).length;
  }

  /** Does what has come due. Called a few times a second. */
  tick(): void {
    const now = this.#options.now();
    for (const [clientId, viewer] of this.#viewers) {
      viewer.tick(now);
      if (viewer.idle) this.#viewers.delete(clientId);
    }
    const at = microsToMillis(now);
    for (const [clientId, { offers, candidates }] of this.#budgets)
      if (offers.isFull(at) && candidates.isFull(at)) this.#budgets.delete(clientId);
    if (now < this.#reportAt) return;
    this.#reportAt = micros(now + REPORT_EVERY);
    this.#report();
  }

  /** Sends all viewers away and listens no more. May be called again. */
  close(why: ViewerEnd = 'shutdown'): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const stop of this.#stops) stop();
    for (const viewer of this.#viewers.values()) viewer.close(why);
    this.#viewers.clear();
    if (this.#options.presence === 'retained') this.#tellPresence('offline');
  }

  #tellPresence(word: 'online' | 'offline'): void {
    const { topic, qos, retain, ...words } = presenceOf(this.#options.uid);
    if (!this.#options.link.publish(topic, words[word], { qos, retain })) this.counters.publishesDropped++;
  }

  #receive(text: string, payload: Uint8Array, { retained }: { readonly retained: boolean }): void {
    if (this.#closed) return;
    const topic = parseSignalTopic('client', text);
    if (topic?.family === undefined || topic.uid !== this.#options.uid) this.counters.topicsUnknown++;
    else if (retained) this.counters.messagesRetained++;
    else if (payload.byteLength > MAX_SIGNAL_BYTES) this.counters.messagesOversized++;
    else this.#read({ ...topic, family: topic.family }, payload);
  }

  #read(topic: SignalTopic & { readonly family: TopicFamily }, payload: Uint8Array): void {
    try {
      if (topic.kind === 'answer') this.counters.answersUnexpected++;
      else if (topic.kind === 'offer') this.#takeOffer(topic, payload);
      else this.#takeCandidate(topic.cid, payload);
    } catch (error) {
      if (!(error instanceof MalformedError)) throw error;
      this.counters.messagesMalformed++;
      this.#options.log.debug({ code: error.code, reason: error.message }, 'message on a topic passed over');
    }
  }

  #takeOffer({ cid, family }: SignalTopic & { readonly family: TopicFamily }, payload: Uint8Array): void {
    const { identify, now } = this.#options;
    const at = microsToMillis(now());
    const limited = this.#budgetsOf(cid).offers.take(1, at) ?? this.#offers.take(1, at);
    if (limited !== undefined) {
      this.counters.offersLimited++;
      return;
    }
    const { type, sdp } = parseDescription(payload);
    if (type !== 'offer') throw new MalformedError('picamera/signal', `type is ${type} on a topic of offers`);
    this.counters.offers++;
    const who = identify(cid);
    if (who?.rights?.some((right) => right === 'view' || right === 'admin') !== true) {
      this.counters.offersForbidden++;
      return;
    }
    this.#viewerOf(cid).offer(sdp, family, who);
  }

  #takeCandidate(cid: string, payload: Uint8Array): void {
    const now = this.#options.now();
    if (this.#budgetsOf(cid).candidates.take(1, microsToMillis(now)) !== undefined) {
      this.counters.candidatesLimited++;
      return;
    }
    const { candidate: text, usernameFragment } = parseCandidate(payload);
    // The end of candidates, as some browsers say it.
    if (text === '') return;
    this.counters.candidates++;
    const username = usernameFragment ?? /\sufrag\s(\S+)/.exec(text)?.[1];
    this.#candidateOf(cid, { text, username }, now);
  }

  #candidateOf(cid: string, candidate: ClientCandidate, now: Micros): void {
    const known = this.#viewers.get(cid);
    if (!known) {
      const early = [...this.#viewers.values()].filter(({ hasOffered }) => !hasOffered);
      // The one that waited longest is the least likely to come.
      if (early.length >= this.#limits.earlyClients && early[0]) this.#drop(early[0]);
    }
    this.#viewerOf(cid).candidate(candidate, now);
  }

  #drop(viewer: DeviceViewer): void {
    viewer.forget();
    this.#viewers.delete(viewer.clientId);
  }

  #viewerOf(clientId: string): DeviceViewer {
    const known = this.#viewers.get(clientId);
    if (known) return known;
    const { uid, streamId = uid, camera, sessions, link, serve, log } = this.#options;
    const viewer = new DeviceViewer(clientId, {
      uid,
      streamId,
      camera,
      sessions,
      link,
      serve,
      log,
      limits: this.#limits,
      counters: this.counters,
      hasRoom: () => this.#connections < this.#limits.connections,
      refused: (code) => {
        this.counters.offersRefused++;
        this.#lastRefusal = code;
      },
    });
    this.#viewers.set(clientId, viewer);
    return viewer;
  }

  get #connections(): number {
    let count = 0;
    for (const { connections } of this.#viewers.values()) count += connections;
    return count;
  }

  #budgetsOf(clientId: string): ClientBudgets {
    const known = this.#budgets.get(clientId);
    if (known) return known;
    if (this.#budgets.size >= MAX_BUDGETS) return this.#crowd;
    const at = microsToMillis(this.#options.now());
    const { offersPerClient, candidatesPerClient } = this.#limits;
    const budgets = {
      offers: new Budget(offersPerClient, at),
      candidates: new Budget(candidatesPerClient, at),
    };
    this.#budgets.set(clientId, budgets);
    return budgets;
  }

  #report(): void {
    const { uid, log } = this.#options;
    const faults = DEVICE_FAULTS.flatMap((name) => {
      const more = this.counters[name] - (this.#reported[name] ?? 0);
      return more > 0 ? [[name, more] as const] : [];
    });
    this.#reported = Object.fromEntries(DEVICE_FAULTS.map((name) => [name, this.counters[name]]));
    if (faults.length === 0) return;
    const last = this.#lastRefusal;
    log.warn(
      { uid, ...Object.fromEntries(faults), ...(last !== undefined && { lastRefusal: last }) },
      'messages on the topics of the camera were passed over in the last minute',
    );
  }
}
