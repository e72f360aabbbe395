import { spawnSync } from 'node:child_process';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Micros, micros, millis, silentLogger } from '@pinhole/core';
import { type AudioFrame, Camera } from '@pinhole/engine';
import { boxesIn, type Fragment, parseFragment } from '@pinhole/media/fmp4';
import { readTimeCode } from '@pinhole/media/timecode';
import {
  type RecordedSegment,
  Recorder,
  type RecorderOptions,
  type RecorderState,
  WriteLanes,
} from '@pinhole/outputs/recorder';
import { SyntheticSource, type SyntheticSourceOptions } from '@pinhole/sources/synthetic';
import { onTestFinished } from 'vitest';
import { FakeClock } from '../../packages/sources/src/fake-clock.ts';
import { runFfmpeg } from './decode-with-ffmpeg.ts';
import { framesFrom, type SoundClip } from './sound-clip.ts';

/** The synthetic camera of a rig: small, so that many hours fit into a test. */
const RIG_SIZE = { width: 160, height: 120 } as const;

const STEP_MS = 100;

/** Of the machine's time, for each step: the disk keeps up with a time that runs faster than the real one. */
const LONGEST_DISK_WAIT_MS = 10;

const LONGEST_RUN_MS = 300_000;

/** A camera and its recorder, in time that passes as fast as the machine can. */
export interface RecorderRig {
  readonly root: string;
  readonly camera: Camera;
  readonly source: SyntheticSource;
  readonly clock: FakeClock;
  /** As asked for. */
  readonly picture: SyntheticSourceOptions;
  readonly recorder: Recorder;
  /** Complete files so far, in the order of their completion. */
  readonly segments: readonly RecordedSegment[];
  readonly states: readonly RecorderState[];
  /** UTC of the camera's clock that never steps. */
  now(): Micros;
  /** Sound from now on, which comes when it was heard, or later. */
  play(clip: SoundClip, options?: { readonly lateMs: number }): void;
  /** Lets time pass; the disk works meanwhile. */
  run(ms: number): Promise<void>;
  /** Lets time pass until something is so. @throws {Error} when it is not after five minutes */
  runUntil(condition: (state: RecorderState) => boolean): Promise<void>;
  /** Completes the files. */
  close(): Promise<void>;
}

/** What a rig is made with. */
export interface RecorderRigOptions extends Partial<Omit<RecorderOptions, 'camera'>> {
  readonly picture?: SyntheticSourceOptions;
  /** Where the wall clock begins, in ms since 1970. */
  readonly startAt?: number;
}

/** A folder that is gone after the test. */
export async function recordingFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'pinhole-recorder-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** Opens a rig that records to `root`. */
export function openRecorderRig(options: RecorderRigOptions & { readonly root: string }): RecorderRig {
  const { picture, startAt, ...rest } = options;
  const clock = new FakeClock();
  if (startAt !== undefined) clock.stepWallClock(startAt - clock.utcNow() / 1000);
  const origin = clock.utcNow() - clock.monotonicNow() * 1000;
  const now = (): Micros => micros(clock.monotonicNow() * 1000 + origin);
  const source = new SyntheticSource({ ...RIG_SIZE, framesPerSecond: 10, gopFrames: 5, clock, ...picture });
  const camera = new Camera({
    id: 'front',
    source,
    now,
    openAbort: () => new AbortController(),
    log: silentLogger,
  });
  const recorder = new Recorder({
    camera,
    now,
    mode: 'background',
    log: silentLogger,
    lanes: new WriteLanes(),
    monotonic: () => clock.monotonicNow(),
    zone: 'UTC',
    ...rest,
  });
  const segments: RecordedSegment[] = [];
  const states: RecorderState[] = [];
  recorder.events.on('segment', (segment) => segments.push(segment));
  recorder.events.on('state', (state) => states.push(state));
  recorder.open();
  const sound: { frames: AudioFrame[]; lateMicros: number } = { frames: [], lateMicros: 0 };
  const playSound = (): void => {
    const heard = sound.frames.findIndex(({ pts, duration }) => pts + duration + sound.lateMicros > now());
    for (const frame of sound.frames.splice(0, heard < 0 ? sound.frames.length : heard)) {
      camera.stream.writeAudio(frame);
    }
  };
  const queued = (): number => recorder.state.background.queuedBytes + recorder.state.onDemand.queuedBytes;
  const rig: RecorderRig = {
    root: options.root,
    picture: picture ?? {},
    camera,
    source,
    clock,
    recorder,
    segments,
    states,
    now,
    play: (clip, { lateMs } = { lateMs: 0 }) => {
      sound.lateMicros = lateMs * 1000;
      sound.frames = [...framesFrom(clip, { pts: now(), captureTime: clock.utcNow() })];
    },
    run: async (ms) => {
      // Time stands still while the folder is made ready, so that what a test sees does not depend on the machine.
      while ([recorder.state.background, recorder.state.onDemand].some(({ kind }) => kind === 'starting')) {
        await diskWork();
      }
      for (let passed = 0; passed < ms; passed += STEP_MS) {
        clock.advance(millis(Math.min(STEP_MS, ms - passed)));
        playSound();
        camera.tick();
        recorder.tick();
        for (let wait = 0; wait === 0 || (wait < LONGEST_DISK_WAIT_MS && queued() > 0); wait++)
          await diskWork();
      }
    },
    runUntil: async (condition) => {
      for (let passed = 0; !condition(recorder.state); passed += STEP_MS) {
        if (passed > LONGEST_RUN_MS) throw new Error(`in vain: ${String(condition)}`);
        await rig.run(STEP_MS);
      }
    },
    close: async () => {
      await recorder.close();
      await camera.close();
    },
  };
  return rig;
}

/** Lets what was begun on the disk get on; what is not done then goes on beside. */
const diskWork = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 1));

/** All files below a folder, sorted, with their paths from there. */
export async function filesBelow(folder: string, ending = '.mp4'): Promise<readonly string[]> {
  const entries = await readdir(folder, { recursive: true });
  return entries.filter((entry) => entry.endsWith(ending)).toSorted();
}

/** What ffprobe tells of a file; anything it has to say against it is an error. */
export interface ProbedFile {
  readonly durationSeconds: number;
  readonly streams: readonly {
    readonly codec: string;
    readonly durationSeconds: number;
    readonly startSeconds: number;
  }[];
}

/** Asks ffprobe. @throws {Error} with its complaints, if any */
export function probe(path: string): ProbedFile {
  const args =
    '-v warning -show_entries format=duration:stream=codec_name,duration,start_time -of json'.split(' ');
  const { status, stdout, stderr } = spawnSync('ffprobe', [...args, path], { encoding: 'utf8' });
  if (status !== 0 || stderr.trim() !== '') throw new Error(`ffprobe ${path}: ${status} ${stderr}`);
  const told = JSON.parse(stdout) as {
    format: { duration: string };
    streams: { codec_name: string; duration: string; start_time: string }[];
  };
  return {
    durationSeconds: Number(told.format.duration),
    streams: told.streams.map(({ codec_name, duration, start_time }) => ({
      codec: codec_name,
      durationSeconds: Number(duration),
      startSeconds: Number(start_time),
    })),
  };
}

/** The frame numbers that are drawn on a file's pictures, decoded by ffmpeg, which must have nothing to complain. */
export function frameNumbersOf(
  path: string,
  size: { readonly width: number; readonly height: number } = RIG_SIZE,
): readonly number[] {
  // The time base of the file: rounded to frames, real times that jitter would seem to fall.
  const output =
    '-map 0:v -fps_mode passthrough -enc_time_base 1:90000 -pix_fmt gray -f rawvideo pipe:1'.split(' ');
  const raw = runFfmpeg(['-err_detect', 'explode', '-i', path, ...output]);
  const frameBytes = size.width * size.height;
  return Array.from({ length: raw.byteLength / frameBytes }, (_, i) => {
    const luma = raw.subarray(i * frameBytes, (i + 1) * frameBytes);
    const code = readTimeCode({ luma, ...size });
    if (code === undefined) throw new Error(`${path}: no time code on picture ${i}`);
    return code.frameNumber;
  });
}

/** `from`, `from` + 1, …, `to` */
export const numbersFrom = (from: number, to: number): readonly number[] =>
  Array.from({ length: Math.max(0, to - from + 1) }, (_, i) => from + i);

/** When the pictures of a file are shown, in seconds, as ffprobe reads them. */
export function packetTimes(path: string, stream = 'v:0'): readonly number[] {
  const args = [
    '-v',
    'error',
    '-select_streams',
    stream,
    '-show_entries',
    'packet=pts_time',
    '-of',
    'csv=p=0',
  ];
  const { stdout } = spawnSync('ffprobe', [...args, path], { encoding: 'utf8' });
  return stdout.split('\n').filter(Boolean).map(Number);
}

/** The fragments of a file as our own parser reads them. */
export function fragmentsOf(file: Uint8Array): readonly Fragment[] {
  const found: Fragment[] = [];
  let start = 0;
  for (const { type, offset, sizeBytes } of boxesIn(file)) {
    if (type === 'prft') start = offset;
    if (type === 'moof') found.push(parseFragment(file.subarray(start, offset + sizeBytes)));
  }
  return found;
}

/** What the samples of one track hold, in the order of decoding. */
export function samplesOf(file: Uint8Array, trackId: number): readonly Uint8Array[] {
  const samples: Uint8Array[] = [];
  let start = 0;
  for (const { type, offset, sizeBytes } of boxesIn(file)) {
    if (type === 'prft') start = offset;
    if (type !== 'moof') continue;
    const run = parseFragment(file.subarray(start, offset + sizeBytes)).runs.find(
      (each) => each.trackId === trackId,
    );
    for (const place of run?.samples ?? []) {
      samples.push(file.slice(start + place.offset, start + place.offset + place.sizeBytes));
    }
  }
  return samples;
}
