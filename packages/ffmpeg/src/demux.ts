import type { Abort } from '@pinhole/core';
import { chooseBackend, type FfmpegBackend, type FfmpegOptions } from './backend.ts';
import { demuxByCommand } from './demux-by-command.ts';
import { demuxByWorker } from './demux-by-worker.ts';
import type { DemuxRequest, DemuxSink } from './demuxed-unit.ts';
import { protocolsOf } from './input-options.ts';

/** One running demuxer. */
export interface Demuxing {
  /** Resolves when the input has ended or was stopped, and the child is gone. @throws {FfmpegError} `ffmpeg/*` */
  readonly ended: Promise<void>;
  /** How FFmpeg is reached, once that is known for sure. */
  backend(): FfmpegBackend['kind'];
  /** The child's process id while there is one. */
  pid(): number | undefined;
  /** Makes the next picture a key picture where it is encoded by node-av; does nothing otherwise. */
  requestKeyFrame(): void;
}

/** What one way to FFmpeg gives to `openDemuxer`. */
export interface DemuxRun {
  /** `not-loaded` when node-av turned out to be of no use here; nothing was put into the sink then. */
  readonly ended: Promise<'ended' | 'not-loaded'>;
  pid(): number | undefined;
  requestKeyFrame(): void;
}

/**
 * Starts a child process that reads an input with FFmpeg and puts its pictures into `sink`: H.264 as it is, anything
 * else encoded once. The child is gone when `ended` settles; `signal` stops it.
 *
 * @throws {FfmpegError} `ffmpeg/missing`, `ffmpeg/unsupported-url` at once
 */
export function openDemuxer(
  request: DemuxRequest,
  sink: DemuxSink,
  options: FfmpegOptions & { readonly signal: Abort },
): Demuxing {
  protocolsOf(request.url);
  let backend = chooseBackend(options);
  let run = start(backend);

  function start(chosen: FfmpegBackend): DemuxRun {
    return chosen.kind === 'node-av'
      ? demuxByWorker(request, sink, options.signal)
      : demuxByCommand(chosen.path, request, sink, options.signal);
  }

  async function toTheEnd(): Promise<void> {
    if ((await run.ended) !== 'not-loaded') return;
    backend = chooseBackend(options);
    run = start(backend);
    await run.ended;
  }

  return {
    ended: toTheEnd(),
    backend: () => backend.kind,
    pid: () => run.pid(),
    requestKeyFrame: () => run.requestKeyFrame(),
  };
}
