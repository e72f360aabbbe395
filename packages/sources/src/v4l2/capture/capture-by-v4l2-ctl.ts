import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { type Abort, micros } from '@pinhole/core';
import { SystemClock } from '../../clock.ts';
import { deviceFault } from '../device/device-fault.ts';
import type { Capture, CapturedFrame, CaptureMode } from '../device/v4l2-access.ts';
import { V4l2Error } from '../v4l2-error.ts';
import { FrameDates } from './frame-dates.ts';
import { FrameReader } from './frame-reader.ts';
import { parseBufferLine } from './parse-buffer-line.ts';

/** Driver's buffers: one is filled, one is on its way to us, one is spare. More would only hold old pictures. */
const BUFFERS = 3;
/** The word about a frame follows within microseconds; a busy machine may read it a little later. */
const WORD_MS = 50;
const GRACE_MS = 1_000;
const LINES_KEPT = 8;

/** The programs of a capture, by absolute path. */
export interface CapturePrograms {
  readonly v4l2Ctl: string;
  /** Where it is missing, the end of a frame may stay in the program's buffer until the next frame. */
  readonly stdbuf: string | undefined;
}

/**
 * Captures with `v4l2-ctl`.
 *
 * Why not with FFmpeg's V4L2 input: that asks the driver for as many buffers as it gives (up to 32), in which pictures
 * grow old when we are late once; it looks into the first pictures before it hands over any; and it needs FFmpeg where
 * a camera's H.264 and JPEG are passed on as they are. `v4l2-ctl` takes a buffer, writes it, and gives it back; with
 * `--stream-to-hdr` each comes with its length, so that a picture is whole at its last byte, without a search for where
 * the next begins, and with `--verbose` the driver's time of it follows on standard error.
 */
export function captureByV4l2Ctl(
  programs: CapturePrograms,
  path: string,
  mode: CaptureMode,
  { signal, frame }: { readonly signal: Abort; readonly frame: (frame: CapturedFrame) => void },
): Capture {
  const { width, height, fourcc, framesPerSecond } = mode;
  const call = [
    programs.v4l2Ctl,
    '-d',
    path,
    `--set-fmt-video=width=${width},height=${height},pixelformat=${fourcc}`,
    `--set-parm=${framesPerSecond}`,
    `--stream-mmap=${BUFFERS}`,
    '--stream-to-hdr=-',
    '--verbose',
  ];
  // The C library buffers its output: small pictures of H.264 then come 130 ms late, the end of any waits for the next.
  const [program = '', ...parts] = programs.stdbuf === undefined ? call : [programs.stdbuf, '-o0', ...call];
  const child = spawn(program, parts, { stdio: ['ignore', 'pipe', 'pipe'] });
  const clock = new SystemClock();
  const monotonicNow = (): ReturnType<typeof micros> => micros(Number(process.hrtime.bigint() / 1000n));
  const dates = new FrameDates({ monotonicNow, utcNow: () => clock.utcNow() }, (each) => {
    if (!signal.aborted) frame(each);
  });
  const reader = new FrameReader();
  const words: string[] = [];
  let late: ReturnType<typeof setTimeout> | undefined;

  child.stdout.on('data', (chunk: Uint8Array) => {
    for (const data of reader.push(chunk)) dates.frame(data);
    clearTimeout(late);
    if (dates.waiting > 0) late = setTimeout(() => dates.flush(), WORD_MS);
  });
  createInterface({ input: child.stderr }).on('line', (line) => {
    const word = parseBufferLine(line);
    if (word !== undefined) {
      dates.line(word);
      return;
    }
    words.push(line.slice(0, 300));
    if (words.length > LINES_KEPT) words.shift();
  });

  return {
    ended: outcome(child, path, words, signal).finally(() => clearTimeout(late)),
    get pid() {
      return child.pid;
    },
    get counters() {
      return dates.counters;
    },
  };
}

async function outcome(
  child: ChildProcess,
  path: string,
  words: readonly string[],
  signal: Abort,
): Promise<void> {
  const stop = (): void => {
    child.kill('SIGTERM');
    const timer = setTimeout(() => child.kill('SIGKILL'), GRACE_MS);
    child.once('exit', () => clearTimeout(timer));
  };
  signal.addEventListener('abort', stop);
  if (signal.aborted) stop();
  try {
    await once(child, 'close');
  } catch (cause) {
    throw new V4l2Error('source/no-program', `v4l2-ctl does not start: ${String(cause)}`, { cause });
  } finally {
    signal.removeEventListener('abort', stop);
  }
  if (signal.aborted) return;
  throw await deviceFault(path, words.filter((line) => !line.endsWith(': ok')).join('; '));
}
