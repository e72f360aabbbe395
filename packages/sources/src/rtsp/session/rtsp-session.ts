import { type Abort, type Logger, MalformedError, millis } from '@pinhole/core';
import type { DemuxedUnit } from '@pinhole/ffmpeg';
import { controlBase, RTSP_STATUS } from '@pinhole/protocol/rtsp';
import type { SourceClock } from '../../clock.ts';
import type { RtpCounters } from '../../rtp/rtp-counters.ts';
import { type DescribedVideo, describedVideo } from './described-video.ts';
import { keepAlive } from './keep-alive.ts';
import { MediaChannel } from './media-channel.ts';
import { followRedirect } from './redirect.ts';
import { repeat } from './repeat.ts';
import { RtspClient, successful } from './rtsp-client.ts';
import { openRtspConnection, type RtspConnection } from './rtsp-connection.ts';
import { HandOver, RtspError } from './rtsp-error.ts';
import type { RtspTarget } from './rtsp-target.ts';

/** What a session is made with. */
export interface RtspSessionOptions {
  readonly target: RtspTarget;
  readonly transport: 'tcp' | 'udp';
  readonly clock: SourceClock;
  readonly log: Logger;
  readonly signal: Abort;
}

/** Where a session puts what it receives. */
export interface RtspSessionSink {
  /** The camera plays. */
  opened(): void;
  /** A whole picture came, passed on or not. */
  received(): void;
  write(unit: DemuxedUnit): void;
}

const ANSWER_TIMEOUT_MS = millis(5_000);
const TEARDOWN_TIMEOUT_MS = millis(250);
/** RFC 3550 §6.2: 5 s, each between half and one and a half of it. */
const REPORT_INTERVAL_MS = millis(5_000);
const MAX_REDIRECTS = 3;
/** Nobody waits for it any more. */
const STOPPED = new RtspError('source/ended', 'stopped');

/** What asking for a description led to. */
interface Described {
  readonly connection: RtspConnection;
  readonly client: RtspClient;
  readonly video: DescribedVideo;
  /** `Public` of the answer to OPTIONS. */
  readonly methods: string;
}

/** One session with a camera that sends H.264: asks for it, keeps it alive, receives it, ends it. */
export class RtspSession {
  readonly #options: RtspSessionOptions;
  readonly #sink: RtspSessionSink;
  readonly #stop = new AbortController();
  readonly #media: MediaChannel;
  #connection: RtspConnection | undefined;
  #endSession: (() => Promise<unknown>) | undefined;
  #endRepeats: (() => void)[] = [];
  #opened = false;
  #handleBye: () => void = () => {};

  constructor(options: RtspSessionOptions, sink: RtspSessionSink) {
    this.#options = options;
    this.#sink = sink;
    this.#media = new MediaChannel({
      clock: options.clock,
      sink: {
        write: (unit) => sink.write(unit),
        received: () => sink.received(),
        bye: () => this.#handleBye(),
      },
    });
  }

  /** What became of packets and pictures so far. */
  get counters(): RtpCounters {
    return this.#media.counters;
  }

  /**
   * Runs the session until the camera ends it or the signal aborts; everything is closed then.
   * @throws {RtspError} `source/*`
   * @throws {HandOver} when the camera wants what only FFmpeg does
   */
  async run(): Promise<void> {
    const { signal } = this.#options;
    let abort = (): void => {};
    const stopped = new Promise<void>((resolve) => {
      abort = resolve;
      signal.addEventListener('abort', abort);
      if (signal.aborted) resolve();
    });
    const play = this.#play();
    play.catch(() => {}); // of interest only as long as nobody stopped it
    try {
      await Promise.race([stopped, play]);
    } catch (thrown) {
      throw this.#opened ? failureWhilePlaying(thrown) : unreadable(thrown);
    } finally {
      signal.removeEventListener('abort', abort);
      await this.#close();
    }
  }

  async #play(): Promise<void> {
    const described = await this.#describe();
    const { client, connection, video, methods } = described;
    await this.#setUp(described);
    const bye = new Promise<undefined>((resolve) => {
      this.#handleBye = () => resolve(undefined);
    });
    let response = await client.request('PLAY', video.sessionUrl, [['Range', 'npt=0.000-']]);
    if (response.status === RTSP_STATUS.invalidRange) {
      response = await client.request('PLAY', video.sessionUrl);
    }
    successful('PLAY', response);
    if (this.#stop.signal.aborted) return;
    this.#opened = true;
    this.#sink.opened();
    const { clock, log } = this.#options;
    this.#endRepeats = [
      keepAlive({ client, url: video.sessionUrl, methods, clock, log }),
      repeat(
        clock,
        () => millis(REPORT_INTERVAL_MS * (0.5 + Math.random())),
        () => this.#media.report(),
      ),
    ];
    const why = await Promise.race([bye, connection.closed]);
    if (why !== undefined) throw why;
  }

  /** Asks what there is, where the camera sends us if it does. */
  async #describe(): Promise<Described> {
    let { target } = this.#options;
    for (let redirects = 0; ; redirects++) {
      const connection = await this.#connect(target);
      const client = new RtspClient(connection, target);
      const methods = (await client.request('OPTIONS', target.url)).headers.get('Public') ?? '';
      const response = await client.request('DESCRIBE', target.url, [['Accept', 'application/sdp']]);
      if (response.status < 300 || response.status >= 400) {
        const { body, headers } = successful('DESCRIBE', response);
        const video = describedVideo(new TextDecoder().decode(body), controlBase(headers, target.url));
        return { connection, client, video, methods };
      }
      connection.close();
      if (redirects === MAX_REDIRECTS) {
        throw new RtspError('source/failed', 'the camera sends us round in circles');
      }
      target = followRedirect(target, response.headers.get('Location') ?? '');
    }
  }

  async #connect(target: RtspTarget): Promise<RtspConnection> {
    const connection = await openRtspConnection({
      target,
      clock: this.#options.clock,
      timeoutMs: ANSWER_TIMEOUT_MS,
      signal: this.#stop.signal,
      frame: (frame) => this.#media.frame(frame),
    });
    if (this.#stop.signal.aborted) {
      connection.close();
      throw STOPPED;
    }
    this.#connection = connection;
    return connection;
  }

  async #setUp({ connection, client, video }: Described): Promise<void> {
    const wanted = await this.#media.offer(connection, this.#options.transport);
    const response = await client.request('SETUP', video.trackUrl, [['Transport', wanted]]);
    successful('SETUP', response);
    this.#endSession = () => client.request('TEARDOWN', video.sessionUrl);
    this.#media.accept(response, video);
  }

  async #close(): Promise<void> {
    this.#stop.abort();
    for (const end of this.#endRepeats) end();
    const connection = this.#connection;
    if (connection !== undefined && this.#endSession !== undefined) {
      const end = this.#endSession().catch(() => {}); // it is gone already, or does not answer: then it is cut
      const cancel = this.#options.clock.after(TEARDOWN_TIMEOUT_MS, () => connection.close());
      await Promise.race([end, connection.closed]);
      cancel();
    }
    this.#media.close();
    connection?.close();
    await connection?.closed;
  }
}

/** FFmpeg may make more of what a camera says. */
function unreadable(thrown: unknown): unknown {
  if (!(thrown instanceof MalformedError)) return thrown;
  return new HandOver(`what it says cannot be read (${thrown.code}: ${thrown.message})`, { cause: thrown });
}

/** What was good for a while is tried again, not handed over. */
function failureWhilePlaying(thrown: unknown): unknown {
  if (thrown instanceof MalformedError || thrown instanceof HandOver) {
    return new RtspError('source/invalid-input', `what it sends cannot be read any more: ${thrown.message}`);
  }
  return thrown;
}
