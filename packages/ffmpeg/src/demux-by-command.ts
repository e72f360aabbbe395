import { type ChildProcess, spawn } from 'node:child_process';
import { type Abort, messageOf } from '@pinhole/core';
import { createCaptureClock } from './capture-clock.ts';
import { ChildLines, childEnd, stopChild } from './child.ts';
import { type CommandMode, demuxCommand } from './command-arguments.ts';
import type { DemuxRun } from './demux.ts';
import { type DemuxedInput, type DemuxRequest, type DemuxSink, transcodingNotice } from './demuxed-unit.ts';
import { FfmpegError, failureOf } from './failure.ts';
import { FlvReader, type FlvVideo } from './flv-reader.ts';
import { H264Units } from './h264-units.ts';
import { createScrubber } from './scrub.ts';

const UNDATED = /Packet is missing PTS/;
const INPUT_CODEC = /Stream #0:\d+.*?: Video: (\w+)/;

/**
 * Demuxes with the `ffmpeg` command, to FLV on its standard output. Whether the input is H.264, and dated, is known only
 * once it is open, so the first run copies; one that finds that this will not do makes way for a second.
 *
 * The pipe is read as fast as it comes, so nothing is dropped here: were the program busy, the pipe would fill and
 * FFmpeg would wait, and so would the camera behind TCP.
 */
export function demuxByCommand(
  path: string,
  request: DemuxRequest,
  sink: DemuxSink,
  signal: Abort,
): DemuxRun {
  let run = new CommandRun(path, request, sink, signal, { mode: 'copy', codec: 'h264' });

  async function outcome(): Promise<'ended'> {
    const next = await run.ended;
    if (next !== 'ended' && !signal.aborted) {
      run = new CommandRun(path, request, sink, signal, next);
      await run.ended;
    }
    return 'ended';
  }

  return { ended: outcome(), pid: () => run.pid, requestKeyFrame: () => {} };
}

interface CommandTask {
  readonly mode: CommandMode;
  /** What the input carries. */
  readonly codec: string;
}

class CommandRun {
  /** Resolves with what to do instead where this will not do. */
  readonly ended: Promise<'ended' | CommandTask>;
  readonly #child: ChildProcess;
  readonly #task: CommandTask;
  readonly #sink: DemuxSink;
  readonly #signal: Abort;
  readonly #flv = new FlvReader();
  readonly #units = new H264Units();
  readonly #now = createCaptureClock();
  readonly #log: ChildLines;
  #opened = false;
  #foreign = false;
  #broken: FfmpegError | undefined;

  constructor(path: string, request: DemuxRequest, sink: DemuxSink, signal: Abort, task: CommandTask) {
    this.#task = task;
    this.#sink = sink;
    this.#signal = signal;
    const line = demuxCommand(request, task.mode);
    const child = spawn(path, line.arguments, { stdio: ['pipe', 'pipe', 'pipe'], windowsHide: true });
    this.#child = child;
    this.#log = new ChildLines(child.stderr, createScrubber(request.url));
    child.stdin.on('error', () => {}); // it ended before it read: its end says why
    child.stdin.end(line.input);
    child.stdout.on('data', (chunk: Uint8Array) => this.#take(chunk));
    this.ended = this.#outcome();
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  #take(chunk: Uint8Array): void {
    if (this.#signal.aborted || this.#foreign || this.#broken !== undefined) return;
    try {
      for (const video of this.#flv.push(chunk)) this.#video(video);
    } catch (thrown) {
      this.#broken = new FfmpegError('ffmpeg/invalid-input', `FFmpeg's output: ${messageOf(thrown)}`, {
        cause: thrown,
      });
      this.#stop();
    }
  }

  #video(video: FlvVideo): void {
    if (video.kind === 'foreign') {
      this.#foreign = true;
      this.#stop();
    } else if (video.kind === 'configuration') {
      this.#units.configure(video.data);
    } else {
      const unit = this.#units.unit({ ...video, captureTime: this.#now() });
      if (unit === undefined) return;
      if (!this.#opened) this.#sink.opened(this.#input());
      this.#opened = true;
      this.#sink.write(unit);
    }
  }

  #input(): DemuxedInput {
    const { mode, codec } = this.#task;
    return mode === 'encode' ? { codec, transcoding: transcodingNotice(codec) } : { codec };
  }

  #inputCodec(): string | undefined {
    for (const line of this.#log.lines) {
      const codec = INPUT_CODEC.exec(line)?.[1];
      if (codec !== undefined) return codec;
    }
    return undefined;
  }

  #stop(): void {
    stopChild(this.#child, () => this.#child.kill('SIGTERM'));
  }

  async #outcome(): Promise<'ended' | CommandTask> {
    const abort = (): void => this.#stop();
    this.#signal.addEventListener('abort', abort);
    if (this.#signal.aborted) abort();
    const end = await childEnd(this.#child);
    this.#signal.removeEventListener('abort', abort);
    if (this.#signal.aborted) return 'ended';
    if (this.#broken !== undefined) throw this.#broken;
    const instead = this.#instead();
    if (instead !== undefined) return instead;
    if (end.error !== undefined) {
      throw new FfmpegError('ffmpeg/missing', `the ffmpeg program does not start: ${end.error.message}`, {
        cause: end.error,
      });
    }
    if (end.code === 0) return 'ended';
    if (end.signal !== null)
      throw new FfmpegError('ffmpeg/crashed', `the FFmpeg process ended (${end.signal})`);
    throw failureOf(this.#log.lines);
  }

  #instead(): CommandTask | undefined {
    if (this.#opened || this.#task.mode !== 'copy') return undefined;
    const codec = this.#inputCodec();
    if (this.#foreign || (codec !== undefined && codec !== 'h264')) {
      return { mode: 'encode', codec: codec ?? 'not H.264' };
    }
    return this.#log.lines.some((line) => UNDATED.test(line))
      ? { mode: 'copy-and-date', codec: 'h264' }
      : undefined;
  }
}
