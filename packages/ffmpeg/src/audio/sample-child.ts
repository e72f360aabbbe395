import { type ChildProcess, spawn } from 'node:child_process';
import { chooseBackend } from '../backend.ts';
import { ChildLines, childEnd, stopChild } from '../child.ts';
import { FfmpegError } from '../failure.ts';

/** Samples a second of all sound that is played or decoded here; mono, 16 bits. */
export const PLAYED_RATE = 48_000;

/** Where a child puts what comes of it. */
export interface SampleChildSink {
  /** Takes what it wrote. */
  readonly took?: (bytes: Uint8Array) => void;
  /** The child is gone, and it was not asked to go. Called once. */
  readonly ended: (why: FfmpegError) => void;
}

/** One `ffmpeg` that reads sound from its standard input. */
export class SampleChild {
  readonly #child: ChildProcess;
  readonly #gone: Promise<void>;
  #stopped = false;

  /** @throws {FfmpegError} `ffmpeg/missing` */
  constructor(command: string | undefined, line: readonly string[], sink: SampleChildSink) {
    const backend = chooseBackend({ backend: 'command', ...(command !== undefined && { command }) });
    const path = backend.kind === 'command' ? backend.path : 'ffmpeg';
    this.#child = spawn(path, ['-hide_banner', '-nostats', '-loglevel', 'error', ...line], {
      stdio: ['pipe', sink.took ? 'pipe' : 'ignore', 'pipe'],
      windowsHide: true,
    });
    this.#child.stdin?.on('error', () => {}); // it ended before it read: its end says why
    this.#child.stdout?.on('data', (bytes: Uint8Array) => {
      if (!this.#stopped) sink.took?.(bytes);
    });
    this.#gone = this.#watch(sink);
  }

  /** Bytes that wait on this side of the pipe. */
  get waitingBytes(): number {
    return this.#child.stdin?.writableLength ?? 0;
  }

  write(bytes: Uint8Array): void {
    this.#child.stdin?.write(bytes);
  }

  /** Ends it; resolves when it is gone. */
  async stop(): Promise<void> {
    this.#stopped = true;
    stopChild(this.#child, () => this.#child.stdin?.end());
    await this.#gone;
  }

  async #watch(sink: SampleChildSink): Promise<void> {
    const log = this.#child.stderr && new ChildLines(this.#child.stderr, (text) => text);
    const { error, code, signal } = await childEnd(this.#child);
    if (this.#stopped) return;
    if (error !== undefined) {
      const message = `the ffmpeg program does not start: ${error.message}`;
      sink.ended(new FfmpegError('ffmpeg/missing', message, { cause: error }));
      return;
    }
    const words = log?.lines.at(-1) ?? `exit code ${code ?? signal}`;
    sink.ended(new FfmpegError('ffmpeg/failed', `the ffmpeg program ended: ${words}`));
  }
}
