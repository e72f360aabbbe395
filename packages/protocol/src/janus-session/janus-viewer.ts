import { type Millis, millis } from '@pinhole/core';
import {
  JANUS_ERROR,
  type JanusCandidate,
  type JanusJsep,
  type JanusReply,
  type JsonObject,
  USTREAMER_PLUGIN,
} from '../janus/index.ts';
import { faultOf } from './fault-of-reply.ts';
import { JanusConnection, type ViewerHandleEvent } from './janus-connection.ts';
import { type JanusFault, passing, shown } from './janus-fault.ts';
import type { JanusViewerCounters, JanusViewerEvent, JanusViewerOptions } from './janus-viewer-options.ts';
import { mergeFormatParameters } from './merge-format-parameters.ts';
import { pluginFault } from './plugin-fault.ts';
import { WatchPatience } from './watch-patience.ts';

/** The plugin said yes, and the server could not make an offer of it: nothing tells. */
const SILENT_MS: Millis = millis(4_000);
/** Candidates that wait for the answer. */
const MAX_CANDIDATES = 64;

type Phase = 'idle' | 'attaching' | 'watching' | 'offered' | 'started' | 'up' | 'hung-up' | 'over';

/**
 * Watches one stream of a plugin: an offer comes, an answer goes.
 *
 * ```
 *   attaching ──▶ watching ──offer──▶ offered ──answer──▶ started ──webrtcup──▶ up
 *                   │  ▲ 503, silence                        │                  │
 *                   │  └──── watch ◀── hung-up ◀── hangup, detached ────────────┘
 *                   ▼
 *                 over ◀── refused by the plugin, no offer in time, whatever ends the session, close
 * ```
 */
export class JanusViewer {
  readonly #options: JanusViewerOptions;
  readonly #handle: (event: JanusViewerEvent) => void;
  readonly #connection: JanusConnection;
  readonly #patience: WatchPatience;
  readonly #candidates: JanusCandidate[] = [];
  readonly #counters = { watchRetries: 0, offersIgnored: 0, candidatesDropped: 0 };
  #phase: Phase = 'idle';
  #handleId: number | undefined;
  #cancelTimer: () => void = () => {};

  constructor(options: JanusViewerOptions, handle: (event: JanusViewerEvent) => void) {
    this.#options = options;
    this.#handle = handle;
    this.#patience = new WatchPatience(options);
    this.#connection = new JanusConnection(options, {
      ready: () => this.#attach(),
      event: (event) => this.#take(event),
      ended: (fault) => this.#fail(fault),
    });
  }

  get counters(): JanusViewerCounters {
    return { ...this.#connection.counters, ...this.#counters };
  }

  /** The way to the server is lost, and looked for; media may flow on. */
  get isBridging(): boolean {
    return this.#connection.isBridging;
  }

  /** Connects and watches; what becomes of it comes as events. */
  open(): void {
    this.#patience.begin();
    this.#connection.open();
  }

  /** Gives the answer to the last offer. */
  answer(sdp: string): void {
    if (this.#phase !== 'offered') return;
    this.#phase = 'started';
    this.#message({ request: 'start' }, { type: 'answer', sdp }, (reply) => {
      if (this.#phase === 'started' && (reply === undefined || reply.janus === 'error'))
        this.#fail(faultOf(reply, 'start'));
    });
    for (const candidate of this.#candidates.splice(0)) this.#trickle(candidate);
  }

  /** A candidate of ours for the answer; `completed` when there are no more. */
  addCandidate(candidate: JanusCandidate): void {
    if (this.#phase === 'started' || this.#phase === 'up') this.#trickle(candidate);
    else if (this.#phase !== 'offered') return;
    else if (this.#candidates.length < MAX_CANDIDATES) this.#candidates.push(candidate);
    else this.#counters.candidatesDropped++;
  }

  /** The WebRTC connection came to nothing, or is wanted no more: the server is told. */
  hangUp(): void {
    if (this.#phase !== 'offered' && this.#phase !== 'started' && this.#phase !== 'up') return;
    this.#rest('hung-up');
    this.#ask({ janus: 'hangup' }, () => {});
  }

  /** Asks for another offer, after `hangUp` or `hung-up`. */
  watch(): void {
    if (this.#phase !== 'hung-up') return;
    this.#patience.begin();
    if (this.#handleId === undefined) this.#attach();
    else this.#watch();
  }

  /** Asks for a key picture, where the plugin has a request for that. */
  requestKeyFrame(): void {
    if (this.#phase !== 'up' || this.#plugin !== USTREAMER_PLUGIN) return;
    this.#message({ request: 'key_required' }, undefined, () => {});
  }

  /** Ends it, with a word to the server. May be called again. */
  close(): void {
    this.#rest('over');
    this.#connection.close();
  }

  get #plugin(): string {
    return this.#options.plugin ?? USTREAMER_PLUGIN;
  }

  #attach(): void {
    this.#phase = 'attaching';
    this.#tell({ kind: 'stage', stage: 'attach' });
    this.#connection.ask({ janus: 'attach', plugin: this.#plugin }, (reply) => {
      if (this.#phase !== 'attaching') return;
      if (reply?.janus !== 'success' || reply.id === undefined) {
        this.#fail(faultOf(reply, 'attach'));
        return;
      }
      this.#handleId = reply.id;
      this.#watch();
    });
  }

  #watch(): void {
    this.#phase = 'watching';
    this.#tell({ kind: 'stage', stage: 'watch' });
    this.#cancelTimer = this.#options.clock.after(SILENT_MS, () => this.#silent());
    this.#message(this.#options.watch ?? { request: 'watch' }, undefined, (reply) => this.#watched(reply));
  }

  #watched(reply: JanusReply | undefined): void {
    if (this.#phase !== 'watching') return;
    if (reply?.janus === 'error') {
      if (reply.code === JANUS_ERROR.noSuchHandle) this.#attachAnew();
      // It is still cleaning up what was there before.
      else if (reply.code === JANUS_ERROR.webrtcState) this.#watchLater(faultOf(reply, 'watch'));
      else this.#fail(faultOf(reply, 'watch'));
    } else if (reply?.janus === 'success' && reply.plugin) {
      // Plugins that answer at once do it here.
      this.#hear(reply.plugin.data, reply.jsep);
    }
  }

  /** Nothing came of `watch`. Twice, and the handle itself is in doubt. */
  #silent(): void {
    const fault = passing(
      'janus/no-offer',
      `The plugin ${shown(this.#plugin)} makes no offer, and does not say why.`,
    );
    if (this.#patience.doubtsHandle()) this.#attachAnew();
    else this.#watchLater(fault);
  }

  #attachAnew(): void {
    if (this.#handleId !== undefined) this.#ask({ janus: 'detach' }, () => {});
    this.#handleId = undefined;
    this.#cancelTimer();
    if (this.#patience.isOver)
      this.#fail(passing('janus/session-gone', 'The server forgets what we attach.'));
    else this.#attach();
  }

  #watchLater(fault: JanusFault): void {
    this.#cancelTimer();
    const waitMs = this.#patience.waitAfter(fault);
    if (waitMs === undefined) {
      this.#fail(fault);
      return;
    }
    this.#counters.watchRetries++;
    this.#cancelTimer = this.#options.clock.after(waitMs, () => this.#watch());
  }

  #take(event: ViewerHandleEvent): void {
    if (event.sender !== this.#handleId) return;
    switch (event.janus) {
      case 'event':
        this.#hear(event.plugin.data, event.jsep);
        return;
      case 'trickle':
        this.#tell({ kind: 'candidate', candidate: event.candidate });
        return;
      case 'webrtcup':
        if (this.#phase !== 'started') return;
        this.#phase = 'up';
        this.#connection.bridges = true;
        this.#tell({ kind: 'up' });
        return;
      case 'detached':
        this.#handleId = undefined;
        this.#hungUp('the server detached us');
        return;
      case 'hangup':
        this.#hungUp(shown(event.reason));
    }
  }

  #hungUp(reason: string): void {
    if (this.#phase === 'watching' && this.#handleId === undefined) this.#attachAnew();
    // While we watch, it is the connection before that ended.
    if (this.#phase !== 'offered' && this.#phase !== 'started' && this.#phase !== 'up') return;
    this.#rest('hung-up');
    this.#tell({ kind: 'hung-up', reason });
  }

  #hear(data: JsonObject, jsep: JanusJsep | undefined): void {
    if (jsep?.type === 'offer') {
      this.#offered(jsep.sdp);
      return;
    }
    const fault = pluginFault(this.#plugin, data);
    if (this.#phase === 'watching' && fault?.code === 'janus/not-ready') this.#watchLater(fault);
    else if (fault && (this.#phase === 'watching' || this.#phase === 'started')) this.#fail(fault);
  }

  #offered(sdp: string): void {
    if (this.#phase !== 'watching') {
      this.#counters.offersIgnored++;
      return;
    }
    this.#cancelTimer();
    this.#phase = 'offered';
    this.#candidates.length = 0;
    this.#tell({ kind: 'stage', stage: 'start' });
    this.#tell({ kind: 'offer', sdp: mergeFormatParameters(sdp) });
  }

  #message(
    body: JsonObject,
    jsep: JanusJsep | undefined,
    answered: (reply: JanusReply | undefined) => void,
  ): void {
    this.#ask({ janus: 'message', body, ...(jsep && { jsep }) }, answered);
  }

  #trickle(candidate: JanusCandidate): void {
    this.#ask({ janus: 'trickle', candidate }, () => {}); // one that is not taken is one less
  }

  #ask(
    request:
      | { readonly janus: 'hangup' | 'detach' }
      | { readonly janus: 'message'; readonly body: JsonObject; readonly jsep?: JanusJsep }
      | { readonly janus: 'trickle'; readonly candidate: JanusCandidate },
    answered: (reply: JanusReply | undefined) => void,
  ): void {
    const handleId = this.#handleId;
    if (handleId !== undefined) this.#connection.ask({ ...request, handleId }, answered);
  }

  #rest(phase: 'hung-up' | 'over'): void {
    this.#phase = phase;
    this.#connection.bridges = false;
    this.#candidates.length = 0;
    this.#cancelTimer();
  }

  #fail(fault: JanusFault): void {
    if (this.#phase === 'over') return;
    this.close();
    // A link that broke while the plugin was not ready is not what a person wants to know of.
    const known = fault.code === 'janus/no-answer' ? this.#patience.lastWords : undefined;
    this.#tell({ kind: 'failed', fault: known ?? fault });
  }

  #tell(event: JanusViewerEvent): void {
    this.#handle(event);
  }
}
