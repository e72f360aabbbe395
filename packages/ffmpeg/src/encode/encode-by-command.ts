import { spawn } from 'node:child_process';
import { type Micros, messageOf, millis } from '@pinhole/core';
import { jpegSize } from '@pinhole/media/jpeg';
import { ChildLines, childEnd, stopChild } from '../child.ts';
import { FfmpegError } from '../failure.ts';
import { FlvReader, type FlvVideo } from '../flv-reader.ts';
import { H264Units } from '../h264-units.ts';
import { scrubCredentials } from '../scrub.ts';
import type { EncodeRequest } from '../worker/messages.ts';
import { encodeArguments, type Strictness } from './encode-arguments.ts';
import type { EncodeRun, EncodeRunEvents } from './encode-run.ts';
import type { EncoderName, PictureToEncode } from './encoder-options.ts';
import { matroskaHeader, matroskaPictureHeader } from './matroska-pictures.ts';

/** A picture that gave no unit within so long was refused: the command does not say which. */
const REFUSED_MS = 300;
/** The first one waits for the program to start. */
const FIRST_REFUSED_MS = 5_000;

/** How the command is run. */
export interface EncodeCommand {
  readonly path: string;
  readonly encoder: EncoderName;
  readonly strictness: Strictness;
}

/** Encodes with the `ffmpeg` command: pictures in as Matroska, units out as FLV, both of which name lengths first. */
export function encodeByCommand(
  command: EncodeCommand,
  request: EncodeRequest,
  events: EncodeRunEvents,
): EncodeRun {
  const child = spawn(command.path, encodeArguments(command, request.tuning), {
    stdio: ['pipe', 'pipe', 'pipe'],
    windowsHide: true,
  });
  const log = new ChildLines(child.stderr, scrubCredentials);
  const flv = new FlvReader();
  const units = new H264Units();
  let stopped = false;
  let broken: FfmpegError | undefined;
  let origin: Micros | undefined;
  let lastMs = -1;
  let inside: { readonly captureTime: Micros } | undefined;
  let seen = false;
  let timer: ReturnType<typeof setTimeout> | undefined;

  child.stdin.on('error', () => {}); // it ended before it read: its end says why
  child.stdout.on('data', (chunk: Uint8Array) => {
    if (stopped || broken !== undefined) return;
    try {
      for (const video of flv.push(chunk)) take(video);
    } catch (thrown) {
      broken = new FfmpegError('ffmpeg/encode', `FFmpeg's output: ${messageOf(thrown)}`, { cause: thrown });
      child.kill('SIGKILL');
    }
  });

  function take(video: FlvVideo): void {
    if (video.kind === 'configuration') units.configure(video.data);
    if (video.kind !== 'picture' || inside === undefined) return;
    const unit = units.unit({ ...video, captureTime: inside.captureTime });
    if (unit === undefined) return;
    if (!seen) events.encoder({ name: command.encoder });
    seen = true;
    events.unit({ data: unit.data, key: unit.key, captureTime: unit.captureTime });
    done('encoded');
  }

  function done(outcome: 'encoded' | 'corrupt'): void {
    clearTimeout(timer);
    inside = undefined;
    events.done(outcome);
  }

  function send(picture: PictureToEncode): void {
    if (origin === undefined) {
      const size = request.input.kind === 'mjpeg' ? jpegSize(picture.data) : request.input;
      child.stdin.write(matroskaHeader(request.input, size ?? { width: 0, height: 0 }));
    }
    origin ??= picture.captureTime;
    lastMs = Math.max(lastMs + 1, Math.round((picture.captureTime - origin) / 1000));
    inside = picture;
    child.stdin.write(matroskaPictureHeader(picture.data.byteLength, millis(lastMs)));
    child.stdin.write(picture.data);
    timer = setTimeout(() => done('corrupt'), seen ? REFUSED_MS : FIRST_REFUSED_MS);
  }

  void childEnd(child).then((end) => {
    clearTimeout(timer);
    if (stopped) return events.ended(undefined);
    if (end.error !== undefined) {
      const message = `the ffmpeg program does not start: ${end.error.message}`;
      return events.ended(new FfmpegError('ffmpeg/missing', message, { cause: end.error }));
    }
    const words = log.lines.at(-1) ?? `exit code ${end.code ?? end.signal}`;
    events.ended(broken ?? new FfmpegError('ffmpeg/encode', `the ffmpeg program ended: ${words}`));
  });
  // Not at once: the caller has to hold what this returns.
  queueMicrotask(() => events.ready());

  return {
    tunable: 'fixed',
    get pid() {
      return child.pid;
    },
    send,
    requestKeyFrame: () => {},
    tune: () => {},
    stop: () => {
      stopped = true;
      clearTimeout(timer);
      stopChild(child, () => child.stdin.end());
    },
    kill: () => child.kill('SIGKILL'),
  };
}
