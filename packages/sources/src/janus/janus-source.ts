import {
  type Abort,
  Backoff,
  type Logger,
  type Millis,
  millis,
  PinholeError,
  silentLogger,
} from '@pinhole/core';
import type { AccessUnit, ControlDescriptor, Source, SourceDescription, SourceSink } from '@pinhole/engine';
import { type JsonObject, USTREAMER_PLUGIN } from '@pinhole/protocol/janus';
import {
  type JanusLinkOpener,
  janusHttpLink,
  janusSocketLink,
  passingFault,
} from '@pinhole/protocol/janus-session';
import { type SourceClock, SystemClock } from '../clock.ts';
import type { NetworkCode } from '../network-fault.ts';
import { AudioTimeline } from '../rtp/audio-timeline.ts';
import { sleep } from '../sleep.ts';
import { Timeline } from '../timeline.ts';
import type { JanusFailure } from './janus-failure.ts';
import { JanusHttpError, nodeHttp } from './janus-http.ts';
import { JanusRun } from './janus-run.ts';
import { janusSocket, nodeFault } from './janus-socket.ts';
import type { JanusSourceCounters, JanusSourceOptions } from './janus-source-options.ts';

const DEFAULT_STALL_MS = millis(5_000);
const DEFAULT_CONNECT_MS = millis(10_000);
const DEFAULT_RETRY = { firstMs: millis(500), maxMs: millis(30_000) };
/** A connection that lived for less was no success: the waits go on growing. */
const STEADY_MS = 10_000;

/**
 * A stream of a Janus somewhere: H.264 by WebRTC as the plugin offers it, passed through. Key pictures are asked for when
 * something is lost. Where the way to Janus breaks and the pictures go on, the session is taken over by another
 * connection; otherwise it begins anew for as long as it is wanted.
 *
 * @throws {PinholeError} `source/bad-option` naming the option, its value and what would do.
 */
export const createJanusSource = (options: JanusSourceOptions): JanusSource => new JanusSource(options);

/** The source that `createJanusSource` makes. */
export class JanusSource implements Source {
  readonly #options: JanusSourceOptions;
  readonly #clock: SourceClock;
  readonly #log: Logger;
  readonly #label: string;
  readonly #timeline = new Timeline();
  readonly #backoff: Backoff;
  #audioTimeline = new AudioTimeline();
  #run: JanusRun | undefined;
  #last: Pick<JanusSourceCounters, 'session' | 'reception'> = {};
  #counters = { connections: 0, offers: 0, units: 0, audioFrames: 0, audioDroppedEarly: 0, stalls: 0 };
  #lastCode: string | undefined;

  constructor(options: JanusSourceOptions) {
    const { url, plugin = USTREAMER_PLUGIN } = options;
    if (!/^(?:wss?|https?):\/\/[^@\s?#]+$/i.test(url) || !URL.canParse(url)) {
      // Not shown where it may hold a secret.
      const shown = /[@?#]/.test(url) ? 'url' : `url "${url}"`;
      throw new PinholeError('source/bad-option', `${shown}: write ws://host:8188 or http://host:8088/janus`);
    }
    this.#options = options;
    this.#clock = options.clock ?? new SystemClock();
    this.#label = `${plugin} at ${new URL(url).host}`;
    this.#log = (options.log ?? silentLogger).child({ source: 'janus', label: this.#label });
    this.#backoff = new Backoff(options.retry ?? DEFAULT_RETRY);
  }

  /** What it did so far. */
  get counters(): JanusSourceCounters {
    const now = this.#run?.counters;
    return { ...this.#counters, ...this.#last, ...now, offers: this.#counters.offers + (now?.offers ?? 0) };
  }

  async start(sink: SourceSink, { signal }: { readonly signal: Abort }): Promise<void> {
    while (!signal.aborted) {
      sink.state({ kind: 'connecting' });
      const { refused, ...failure } = await this.#connect(sink, signal);
      if (signal.aborted) return;
      const next = this.#backoff.next();
      // What is refused may be allowed some day, but not soon.
      const retryInMs = refused ? (this.#options.retry ?? DEFAULT_RETRY).maxMs : next;
      sink.state({ kind: 'retrying', ...failure, retryInMs });
      this.#tell(failure, retryInMs);
      await sleep(retryInMs, { clock: this.#clock, signal });
    }
  }

  requestKeyFrame(): void {
    this.#run?.requestKeyFrame();
  }

  describe(): SourceDescription {
    // µStreamer makes one when it is asked; what feeds another plugin mostly cannot.
    const { plugin = USTREAMER_PLUGIN } = this.#options;
    return { kind: 'janus', label: this.#label, keyFrameOnRequest: plugin === USTREAMER_PLUGIN };
  }

  controls(): readonly ControlDescriptor[] {
    return [];
  }

  setControl(id: string): Promise<void> {
    return Promise.reject(
      new PinholeError('control/unknown', `a stream of a Janus has no control "${id}" here`),
    );
  }

  /** One session, from start to end. */
  async #connect(sink: SourceSink, signal: Abort): Promise<JanusFailure> {
    const { stallMs = DEFAULT_STALL_MS, connectMs = DEFAULT_CONNECT_MS } = this.#options;
    let liveSince: Millis | undefined;
    let last: AccessUnit | undefined;
    let abort = (): void => {};
    this.#counters.connections++;
    const failure = await new Promise<JanusFailure>((ended) => {
      abort = () => ended({ code: 'source/ended', why: 'stopped' });
      const run: JanusRun = new JanusRun(
        {
          ...this.#options,
          ...this.#watchBody(),
          openLink: this.#linkOpener((network) => run.met(network)),
          clock: this.#clock,
          log: this.#log,
          stallMs,
          connectMs,
        },
        {
          join: () => {
            this.#timeline.join();
            this.#audioTimeline = new AudioTimeline();
            last = undefined;
          },
          write: (unit) => {
            if (liveSince === undefined) {
              liveSince = this.#clock.monotonicNow();
              this.#live(sink);
            }
            this.#counters.units++;
            last = this.#timeline.place(unit);
            sink.write(last);
          },
          audio: (frame) => {
            if (this.#options.audio !== 'on') return;
            if (!last) {
              this.#counters.audioDroppedEarly++;
              return;
            }
            this.#counters.audioFrames++;
            sink.audio?.(this.#audioTimeline.place(frame, last));
          },
          ended,
        },
      );
      this.#run = run;
      signal.addEventListener('abort', abort);
      if (signal.aborted) abort();
      else run.open();
    });
    signal.removeEventListener('abort', abort);
    await this.#leave();
    if (failure.code === 'source/stalled') this.#counters.stalls++;
    if (liveSince !== undefined && this.#clock.monotonicNow() - liveSince > STEADY_MS) this.#backoff.reset();
    return failure;
  }

  async #leave(): Promise<void> {
    const run = this.#run;
    if (!run) return;
    const { offers, ...last } = run.counters;
    this.#counters.offers += offers;
    this.#last = last;
    this.#run = undefined;
    await run.close();
  }

  #watchBody(): { readonly watch?: JsonObject } {
    const { plugin = USTREAMER_PLUGIN, watch, audio } = this.#options;
    if (watch || plugin !== USTREAMER_PLUGIN || audio !== 'on') return {};
    return { watch: { request: 'watch', params: { audio: true } } };
  }

  #linkOpener(met: (network: NetworkCode | undefined) => void): JanusLinkOpener {
    const { url, certificate = 'checked', credentials = {}, openWebSocket } = this.#options;
    if (/^ws/i.test(url)) return janusSocketLink(janusSocket(this.#options, { openWebSocket, met }));
    return janusHttpLink({
      url: url.replace(/\/+$/, ''),
      credentials,
      http: nodeHttp({ certificate }),
      clock: this.#clock,
      explain: (thrown) => {
        if (!(thrown instanceof JanusHttpError))
          return passingFault('janus/unreachable', 'the request failed');
        const { fault, network } = nodeFault(thrown.nodeCode);
        met(network);
        return fault;
      },
    });
  }

  #live(sink: SourceSink): void {
    this.#lastCode = undefined;
    this.#log.info({}, 'stream is live');
    sink.state({ kind: 'live' });
  }

  #tell(failure: JanusFailure, retryInMs: Millis): void {
    const level = failure.code === this.#lastCode ? 'debug' : 'warn';
    this.#lastCode = failure.code;
    this.#log[level]({ ...failure, retryInMs }, 'stream is not live; trying again');
  }
}
