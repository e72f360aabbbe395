import { type Abort, type Logger, MalformedError, micros, PinholeError } from '@pinhole/core';
import type { SourceAudioFrame } from '@pinhole/engine';
import {
  createScrubber,
  type DemuxedInput,
  type DemuxedUnit,
  type Demuxing,
  type DemuxSink,
  type FfmpegOptions,
  openDemuxer,
} from '@pinhole/ffmpeg';
import type { SourceClock } from '../clock.ts';
import { NO_RTP_COUNTERS, type RtpCounters } from '../rtp/rtp-counters.ts';
import { HandOver, RtspError } from './session/rtsp-error.ts';
import { RtspSession } from './session/rtsp-session.ts';
import { parseRtspTarget, type RtspTarget } from './session/rtsp-target.ts';
import { NO_SOUND_COUNTERS, SoundBroke, type SoundTrackCounters } from './session/sound-track.ts';

/** What receives a camera: our own client, FFmpeg as a library, or FFmpeg as a program. */
export type RtspWay = 'direct' | 'node-av' | 'command';

/** How a camera is received. */
export interface ReceptionOptions {
  readonly url: string;
  readonly transport: 'tcp' | 'udp';
  /** Whether sound is wanted. */
  readonly audio: 'off' | 'on';
  /** `auto`: our own client, and FFmpeg for what that cannot do. */
  readonly via: 'auto' | 'ffmpeg';
  readonly ffmpeg: FfmpegOptions;
  readonly clock: SourceClock;
  readonly log: Logger;
  readonly signal: Abort;
}

/** Where a reception puts what comes. */
export interface ReceptionSink extends DemuxSink {
  /** On a time line of its own, dated on the clock of the pictures. */
  audio(frame: SourceAudioFrame): void;
  /** There are pictures alone, and why: the camera refused sound, or has none that can be received. */
  noSound(why: string): void;
  /** Asking for sound cost a connection; another was made without. */
  soundBroke(why: string): void;
  /** A whole picture came, passed on or not. */
  received(): void;
}

/** One connection to a camera, from start to end. */
export interface Reception {
  /**
   * Resolves when the camera ended it or it was stopped, and nothing is left of it.
   * @throws {RtspError} `source/*`; {FfmpegError} `ffmpeg/*`
   */
  readonly ended: Promise<void>;
  way(): RtspWay;
  /** Of FFmpeg's child while there is one. */
  pid(): number | undefined;
  requestKeyFrame(): void;
  /** What became of packets and pictures, where our own client receives them. */
  counters(): RtpCounters;
  /** What became of sound, where our own client receives it. */
  soundCounters(): SoundTrackCounters;
  /** Sound was set up: it may be what keeps pictures from coming. */
  hasSound(): boolean;
}

const H264: DemuxedInput = { codec: 'h264' };

/** FFmpeg's time lines of pictures and sound lie further apart before it knows how they belong together. */
const LARGEST_DISAGREEMENT = micros(500_000);

/** Begins to receive a camera, by our own client where that can, so that no picture waits for the next one. */
export function openReception(options: ReceptionOptions, sink: ReceptionSink): Reception {
  const { url, transport, signal, clock, log } = options;
  const target = options.via === 'ffmpeg' ? undefined : parseRtspTarget(url);
  let session = target && sessionOf(target, options.audio);
  let demuxing: Demuxing | undefined;
  let last: DemuxedUnit | undefined;

  function sessionOf(camera: RtspTarget, audio: 'off' | 'on'): RtspSession {
    return new RtspSession(
      { target: camera, transport, audio, clock, log, signal },
      {
        opened: () => sink.opened(H264),
        received: () => sink.received(),
        write: (unit) => sink.write(unit),
        audio: (frame) => sink.audio(frame),
        noSound: (why) => sink.noSound(createScrubber(url)(why)),
      },
    );
  }

  async function receive(camera: RtspTarget, first: RtspSession): Promise<void> {
    try {
      await first.run();
    } catch (thrown) {
      if (!(thrown instanceof SoundBroke)) throw thrown;
      sink.soundBroke(createScrubber(url)(thrown.message));
      if (signal.aborted) return;
      session = sessionOf(camera, 'off');
      await session.run();
    }
  }

  async function run(): Promise<void> {
    try {
      if (target !== undefined && session !== undefined) return await receive(target, session);
    } catch (thrown) {
      if (!(thrown instanceof HandOver)) throw scrubbed(thrown, url);
      if (signal.aborted) return;
      return await handOver(thrown);
    }
    await demux();
  }

  async function handOver(why: HandOver): Promise<void> {
    const reason = createScrubber(url)(why.message);
    log.info({ why: reason }, 'FFmpeg takes this camera');
    try {
      await demux();
    } catch (thrown) {
      if (!(thrown instanceof PinholeError) || thrown.code !== 'ffmpeg/missing') throw thrown;
      // What could not be read once may be readable next time; a codec stays what it is.
      const code = why.cause instanceof MalformedError ? 'source/invalid-input' : 'source/no-ffmpeg';
      throw new RtspError(code, `${reason}, which takes FFmpeg: ${thrown.message}`, { cause: thrown });
    }
  }

  const demuxed: DemuxSink = {
    opened: (input) => {
      if (options.audio === 'on' && demuxing?.backend() === 'command') {
        sink.noSound('the ffmpeg program receives it, which would let pictures wait for sound');
      }
      sink.opened(input);
    },
    write: (unit) => {
      last = unit;
      sink.write(unit);
    },
    droppedBusy: (total) => sink.droppedBusy(total),
    audio: (frame) => {
      if (last === undefined) return;
      // FFmpeg holds pictures back, so that its own relation of the two is the better one, as long as it has one.
      const told = micros(last.captureTime + frame.pts - last.pts);
      const captureTime =
        Math.abs(told - frame.captureTime) < LARGEST_DISAGREEMENT ? told : frame.captureTime;
      // Codec and parameters belong together, as they do in the frames of a stream.
      sink.audio({ ...frame, captureTime } as SourceAudioFrame);
    },
  };

  async function demux(): Promise<void> {
    demuxing = openDemuxer({ url, transport, audio: options.audio }, demuxed, { ...options.ffmpeg, signal });
    await demuxing.ended;
  }

  return {
    ended: run(),
    way: () => demuxing?.backend() ?? 'direct',
    pid: () => demuxing?.pid(),
    requestKeyFrame: () => demuxing?.requestKeyFrame(),
    counters: () => session?.counters ?? NO_RTP_COUNTERS,
    soundCounters: () => session?.soundCounters ?? NO_SOUND_COUNTERS,
    hasSound: () => session?.hasSound ?? false,
  };
}

/** What a camera says may quote what it was told. */
function scrubbed(thrown: unknown, url: string): unknown {
  if (!(thrown instanceof RtspError)) return thrown;
  const message = createScrubber(url)(thrown.message);
  return message === thrown.message ? thrown : new RtspError(thrown.code, message);
}
