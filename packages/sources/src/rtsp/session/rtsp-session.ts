import { type Abort, type Logger, MalformedError, millis } from '@pinhole/core';
import type { SourceAudioFrame } from '@pinhole/engine';
import type { DemuxedUnit } from '@pinhole/ffmpeg';
import { controlBase, type InterleavedFrame, RTSP_STATUS } from '@pinhole/protocol/rtsp';
import type { SourceClock } from '../../clock.ts';
import { NO_RTP_COUNTERS, type RtpCounters } from '../../rtp/rtp-counters.ts';
import { RtpReceiver } from '../../rtp/rtp-receiver.ts';
import { type DescribedAudio, describedAudio, type NoAudio } from './described-audio.ts';
import { type DescribedVideo, describedVideo } from './described-video.ts';
import { keepAlive } from './keep-alive.ts';
import { MediaChannel } from './media-channel.ts';
import { followRedirect } from './redirect.ts';
import { repeat } from './repeat.ts';
import { RtspClient, successful } from './rtsp-client.ts';
import { openRtspConnection, type RtspConnection } from './rtsp-connection.ts';
import { HandOver, RtspError } from './rtsp-error.ts';
import type { RtspTarget } from './rtsp-target.ts';
import { NO_SOUND_COUNTERS, SoundBroke, SoundTrack, type SoundTrackCounters } from './sound-track.ts';

/** What a session is made with. */
export interface RtspSessionOptions {
  readonly target: RtspTarget;
  readonly transport: 'tcp' | 'udp';
  readonly audio: 'off' | 'on';
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
  /** On a time line of its own, dated on the clock of the pictures. */
  audio(frame: SourceAudioFrame): void;
  /** There will be pictures alone, and why. */
  noSound(why: string): void;
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
  /** Undefined where none is wanted. */
  readonly audio: DescribedAudio | NoAudio | undefined;
  /** `Public` of the answer to OPTIONS. */
  readonly methods: string;
}

/** One session with a camera that sends H.264: asks for it, keeps it alive, receives it, ends it. */
export class RtspSession {
  readonly #options: RtspSessionOptions;
  readonly #sink: RtspSessionSink;
  readonly #stop = new AbortController();
  readonly #video = new MediaChannel<RtpReceiver>([0, 1]);
  #sound: SoundTrack | undefined;
  #framesForeign = 0;
  #connection: RtspConnection | undefined;
  #endSession: (() => Promise<unknown>) | undefined;
  #endRepeats: (() => void)[] = [];
  #opened = false;
  #handleBye: () => void = () => {};

  constructor(options: RtspSessionOptions, sink: RtspSessionSink) {
    this.#options = options;
    this.#sink = sink;
  }

  /** What became of packets and pictures so far. */
  get counters(): RtpCounters {
    const counters = this.#video.receiver?.counters ?? NO_RTP_COUNTERS;
    const foreign = this.#video.foreign + this.#framesForeign;
    return { ...counters, packetsForeign: counters.packetsForeign + foreign };
  }

  /** What became of sound so far. */
  get soundCounters(): SoundTrackCounters {
    return this.#sound?.counters ?? NO_SOUND_COUNTERS;
  }

  /** The camera was asked for sound, and did not refuse. */
  get hasSound(): boolean {
    return this.#sound !== undefined;
  }

  /**
   * Runs the session until the camera ends it or the signal aborts; everything is closed then.
   * @throws {RtspError} `source/*`
   * @throws {HandOver} when the camera wants what only FFmpeg does
   * @throws {SoundBroke} when it would do without sound
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
    if (this.hasSound && response.status >= 400) {
      throw new SoundBroke(`the camera does not play with it (PLAY: ${response.status})`);
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
        () => this.#report(),
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
        const sdp = new TextDecoder().decode(body);
        const base = controlBase(headers, target.url);
        const video = describedVideo(sdp, base);
        const audio = this.#options.audio === 'on' ? audioOrNone(sdp, base) : undefined;
        return { connection, client, video, audio, methods };
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
      frame: (frame) => this.#frame(frame),
    });
    if (this.#stop.signal.aborted) {
      connection.close();
      throw STOPPED;
    }
    this.#connection = connection;
    return connection;
  }

  async #setUp(described: Described): Promise<void> {
    const { connection, client, video, audio } = described;
    const { transport, clock } = this.#options;
    const wanted = await this.#video.offer(connection, transport);
    const response = await client.request('SETUP', video.trackUrl, [['Transport', wanted]]);
    successful('SETUP', response);
    this.#endSession = () => client.request('TEARDOWN', video.sessionUrl);
    this.#video.accept(response, ({ ssrc, byUdp }) => {
      const reorder = byUdp ? { reorder: {} } : {};
      return new RtpReceiver(
        { ...video, ssrc, ...reorder, clock },
        {
          write: (unit) => this.#write(unit),
          received: () => this.#sink.received(),
          bye: () => this.#handleBye(),
        },
      );
    });
    if (audio === undefined) return;
    if ('why' in audio) this.#sink.noSound(audio.why);
    else await this.#setUpSound(described, audio);
  }

  async #setUpSound(described: Described, audio: DescribedAudio): Promise<void> {
    const sound = new SoundTrack({
      clock: this.#options.clock,
      write: (frame) => this.#sink.audio(frame),
      videoOffsets: () => this.#video.receiver?.offsets,
    });
    this.#sound = sound;
    const why = await sound.setUp(described, audio, this.#options.transport);
    if (why === undefined) return;
    this.#sound = undefined;
    sound.close();
    this.#sink.noSound(why);
  }

  #write(unit: DemuxedUnit): void {
    this.#sound?.picture(unit);
    this.#sink.write(unit);
  }

  #frame(frame: InterleavedFrame): void {
    if (!this.#video.frame(frame) && this.#sound?.frame(frame) !== true) this.#framesForeign++;
  }

  #report(): void {
    this.#video.report();
    this.#sound?.report();
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
    this.#video.close();
    this.#sound?.close();
    connection?.close();
    await connection?.closed;
  }
}

/** Nothing that a camera says of its sound is worth more than its pictures. */
function audioOrNone(sdp: string, base: string): DescribedAudio | NoAudio {
  try {
    return describedAudio(sdp, base);
  } catch (thrown) {
    if (!(thrown instanceof MalformedError)) throw thrown;
    return { why: `what it says of it cannot be read (${thrown.message})` };
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
