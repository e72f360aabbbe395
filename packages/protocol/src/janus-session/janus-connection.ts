import { Backoff, MalformedError, type Millis, millis } from '@pinhole/core';
import {
  type JanusCredentials,
  type JanusHandleEvent,
  type JanusReply,
  type JanusRequest,
  type JanusServerMessage,
  type JanusUnknownMessage,
  parseJanusServerText,
} from '../janus/index.ts';
import { faultOf } from './fault-of-reply.ts';
import { type JanusFault, passing } from './janus-fault.ts';
import type { JanusClock, JanusLink, JanusLinkOpener } from './janus-link.ts';
import { type ReplyHandler, RequestsInFlight } from './requests-in-flight.ts';

/** What a connection to Janus is made with. */
export interface JanusConnectionOptions {
  readonly openLink: JanusLinkOpener;
  readonly clock: JanusClock;
  readonly credentials?: JanusCredentials;
  /** In [0, 1); for transactions and waits. */
  readonly random?: () => number;
}

/** What happens to a handle that watches. */
export type ViewerHandleEvent = Exclude<JanusHandleEvent, { readonly janus: 'media' | 'slowlink' }>;

/** What a connection tells; nothing after `ended`. */
export interface JanusConnectionHandlers {
  /** There is a session; called once. */
  readonly ready: () => void;
  /** Something happened to a handle of this session. */
  readonly event: (event: ViewerHandleEvent) => void;
  readonly ended: (fault: JanusFault) => void;
}

/** What was passed over, and what was bridged. */
export interface JanusConnectionCounters {
  readonly messagesMalformed: number;
  /** Of kinds that are of no use here, for other sessions, or answers that nobody waits for. */
  readonly messagesIgnored: number;
  /** Links that were lost while the session went on. */
  readonly linksLost: number;
  /** Sessions taken over by another link. */
  readonly claims: number;
}

/** Sessions end after 60 s without a word. */
const KEEPALIVE: Millis = millis(25_000);
const OPEN_MS: Millis = millis(10_000);
/** So long after the link was lost the session may be there, where Janus keeps those. */
const CLAIM_WITHIN_MS = 60_000;
/** Requests that wait for another link. */
const MAX_BACKLOG = 64;

type Phase = 'idle' | 'opening' | 'ready' | 'bridging' | 'over';

/**
 * One session at a Janus.
 *
 * ```
 *   idle ──open──▶ opening ──created──▶ ready ◀──────claimed──────┐
 *                     │                   ├──link lost──▶ bridging ┘   while `bridges` holds, for a minute
 *                     ▼                   ▼                  ▼
 *                   over ◀── refused, link lost, session gone, close
 * ```
 */
export class JanusConnection {
  /** Whether a session whose link is lost is taken over by another: worth it where pictures go on without the link. */
  bridges = false;
  readonly #options: JanusConnectionOptions;
  readonly #handlers: JanusConnectionHandlers;
  readonly #requests: RequestsInFlight;
  readonly #backoff: Backoff;
  readonly #backlog: (() => void)[] = [];
  readonly #counters = { messagesMalformed: 0, messagesIgnored: 0, linksLost: 0, claims: 0 };
  #phase: Phase = 'idle';
  #link: JanusLink | undefined;
  #sessionId: number | undefined;
  #claimUntil = 0;
  #cancelTimer: () => void = () => {};

  constructor(options: JanusConnectionOptions, handlers: JanusConnectionHandlers) {
    const { clock, random = Math.random } = options;
    this.#options = options;
    this.#handlers = handlers;
    this.#requests = new RequestsInFlight({ clock, random });
    this.#backoff = new Backoff({ firstMs: millis(250), maxMs: millis(5_000), random });
  }

  get counters(): JanusConnectionCounters {
    return this.#counters;
  }

  /** The link was lost, and another one is looked for. */
  get isBridging(): boolean {
    return this.#phase === 'bridging';
  }

  /** Connects; once. */
  open(): void {
    if (this.#phase !== 'idle') return;
    this.#phase = 'opening';
    this.#openLink();
  }

  /** Asks for something; `answered` is called once at most, and not after the end. */
  ask(request: JanusRequest & { readonly handleId?: number }, answered: ReplyHandler): void {
    if (this.#phase === 'ready') this.#send(request, answered);
    else if (this.#phase === 'bridging' && this.#backlog.length < MAX_BACKLOG)
      this.#backlog.push(() => this.#send(request, answered));
    else if (this.#phase !== 'over') answered(undefined);
  }

  /** Ends session and link. May be called again. */
  close(): void {
    if (this.#phase === 'over') return;
    // Its handles go with it.
    if (this.#sessionId !== undefined) this.#send({ janus: 'destroy' }, () => {});
    this.#over();
  }

  #openLink(): void {
    this.#cancelTimer = this.#options.clock.after(OPEN_MS, () =>
      this.#lost(passing('janus/unreachable', `The server did not answer within ${OPEN_MS / 1000} s.`)),
    );
    // One that was given up may still say something.
    const mine = (run: () => void) => (link === this.#link && this.#phase !== 'over' ? run() : undefined);
    const link: JanusLink = this.#options.openLink({
      opened: () => mine(() => this.#opened()),
      received: (text) => mine(() => this.#received(text)),
      lost: (fault) => mine(() => this.#lost(fault)),
    });
    this.#link = link;
  }

  #opened(): void {
    this.#cancelTimer();
    if (this.#sessionId === undefined) this.#send({ janus: 'create' }, (reply) => this.#created(reply));
    else this.#send({ janus: 'claim' }, (reply) => this.#claimed(reply));
  }

  #created(reply: JanusReply | undefined): void {
    if (reply?.janus === 'success' && reply.id !== undefined) {
      this.#sessionId = reply.id;
      this.#phase = 'ready';
      this.#beat();
      this.#handlers.ready();
    } else this.#end(faultOf(reply, 'create'));
  }

  #claimed(reply: JanusReply | undefined): void {
    if (reply?.janus !== 'success') {
      this.#end(faultOf(reply, 'claim'));
      return;
    }
    this.#phase = 'ready';
    this.#counters.claims++;
    this.#backoff.reset();
    this.#beat();
    for (const send of this.#backlog.splice(0)) send();
  }

  #beat(): void {
    this.#cancelTimer = this.#options.clock.after(KEEPALIVE, () => {
      this.#beat();
      this.#send({ janus: 'keepalive' }, (reply) => {
        if (reply === undefined) this.#lost(faultOf(undefined, 'keepalive'));
        else if (reply.janus === 'error') this.#end(faultOf(reply, 'keepalive'));
      });
    });
  }

  #send(request: JanusRequest & { readonly handleId?: number }, answered: ReplyHandler): void {
    const { credentials = {} } = this.#options;
    const sessionId = this.#sessionId;
    this.#link?.send({
      ...request,
      ...(sessionId !== undefined && { sessionId }),
      ...credentials,
      transaction: this.#requests.add(answered),
    });
  }

  #received(text: string): void {
    let messages: readonly (JanusServerMessage | JanusUnknownMessage)[];
    try {
      messages = parseJanusServerText(text);
    } catch (thrown) {
      if (!(thrown instanceof MalformedError)) throw thrown;
      this.#counters.messagesMalformed++;
      return;
    }
    for (const message of messages) this.#take(message);
  }

  #take(message: JanusServerMessage | JanusUnknownMessage): void {
    if (this.#phase === 'over') return;
    switch (message.janus) {
      case 'success':
      case 'ack':
      case 'pong':
      case 'error':
      case 'server_info':
        if (!this.#requests.settle(message)) this.#counters.messagesIgnored++;
        return;
      case 'keepalive':
        return;
      case 'unknown':
      case 'media':
      case 'slowlink':
        // What Janus receives, and how well, is of no use to a viewer.
        this.#counters.messagesIgnored++;
        return;
      case 'timeout':
        if (message.sessionId === this.#sessionId)
          this.#end(passing('janus/session-gone', 'The server ended the session: it had not heard of us.'));
        return;
      case 'event':
      case 'webrtcup':
      case 'hangup':
      case 'detached':
      case 'trickle':
        if (message.sessionId === this.#sessionId) this.#handlers.event(message);
        else this.#counters.messagesIgnored++;
    }
  }

  #lost(fault: JanusFault): void {
    const { clock } = this.#options;
    this.#cancelTimer();
    this.#requests.forget();
    this.#link?.close();
    this.#link = undefined;
    const now = clock.monotonicNow();
    if (this.#phase === 'ready' && this.bridges) {
      this.#phase = 'bridging';
      this.#claimUntil = now + CLAIM_WITHIN_MS;
    }
    const goesOn =
      this.#phase === 'bridging' && fault.again === 'later' && fault.code !== 'janus/session-gone';
    if (!goesOn || now >= this.#claimUntil) {
      this.#end(fault);
      return;
    }
    this.#counters.linksLost++;
    this.#cancelTimer = clock.after(this.#backoff.next(), () => this.#openLink());
  }

  #end(fault: JanusFault): void {
    if (this.#phase === 'over') return;
    this.#over();
    this.#handlers.ended(fault);
  }

  #over(): void {
    this.#phase = 'over';
    this.#cancelTimer();
    this.#requests.forget();
    this.#backlog.length = 0;
    this.#link?.close();
    this.#link = undefined;
  }
}
