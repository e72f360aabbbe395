import { type Abort, type Logger, MalformedError, PinholeError } from '@pinhole/core';
import {
  createScrubber,
  type DemuxedInput,
  type Demuxing,
  type DemuxSink,
  type FfmpegOptions,
  openDemuxer,
} from '@pinhole/ffmpeg';
import type { SourceClock } from '../clock.ts';
import { NO_RTP_COUNTERS, type RtpCounters } from '../rtp/rtp-counters.ts';
import { HandOver, RtspError } from './session/rtsp-error.ts';
import { RtspSession } from './session/rtsp-session.ts';
import { parseRtspTarget } from './session/rtsp-target.ts';

/** What receives a camera: our own client, FFmpeg as a library, or FFmpeg as a program. */
export type RtspWay = 'direct' | 'node-av' | 'command';

/** How a camera is received. */
export interface ReceptionOptions {
  readonly url: string;
  readonly transport: 'tcp' | 'udp';
  /** `auto`: our own client, and FFmpeg for what that cannot do. */
  readonly via: 'auto' | 'ffmpeg';
  readonly ffmpeg: FfmpegOptions;
  readonly clock: SourceClock;
  readonly log: Logger;
  readonly signal: Abort;
}

/** Where a reception puts what comes. */
export interface ReceptionSink extends DemuxSink {
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
}

const H264: DemuxedInput = { codec: 'h264' };

/** Begins to receive a camera, by our own client where that can, so that no picture waits for the next one. */
export function openReception(options: ReceptionOptions, sink: ReceptionSink): Reception {
  const { url, transport, signal, clock, log } = options;
  const target = options.via === 'ffmpeg' ? undefined : parseRtspTarget(url);
  const session =
    target &&
    new RtspSession(
      { target, transport, clock, log, signal },
      {
        opened: () => sink.opened(H264),
        received: () => sink.received(),
        write: (unit) => sink.write(unit),
      },
    );
  let demuxing: Demuxing | undefined;

  async function run(): Promise<void> {
    try {
      if (session !== undefined) return await session.run();
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

  async function demux(): Promise<void> {
    demuxing = openDemuxer({ url, transport }, sink, { ...options.ffmpeg, signal });
    await demuxing.ended;
  }

  return {
    ended: run(),
    way: () => demuxing?.backend() ?? 'direct',
    pid: () => demuxing?.pid(),
    requestKeyFrame: () => demuxing?.requestKeyFrame(),
    counters: () => session?.counters ?? NO_RTP_COUNTERS,
  };
}

/** What a camera says may quote what it was told. */
function scrubbed(thrown: unknown, url: string): unknown {
  if (!(thrown instanceof RtspError)) return thrown;
  const message = createScrubber(url)(thrown.message);
  return message === thrown.message ? thrown : new RtspError(thrown.code, message);
}
