import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { micros, silentLogger } from '@pinhole/core';
import { Camera } from '@pinhole/engine';
import { Recorder, WriteLanes } from '@pinhole/outputs/recorder';
import { serveCalls } from '../support/child.ts';
import { readClip } from '../support/clip.ts';
import { ClipSource } from '../support/clip-source.ts';

const TICK_MS = 100;

const folder = mkdtempSync(join(tmpdir(), 'pinhole-bench-'));
const now = () => micros(Math.round((performance.timeOrigin + performance.now()) * 1000));
const lanes = new WriteLanes();
const cameras: { readonly camera: Camera; readonly recorder: Recorder }[] = [];
const seen = { bytes: 0 };
const ticking = setInterval(() => {
  for (const { camera, recorder } of cameras) {
    camera.tick();
    recorder.tick();
  }
}, TICK_MS);

const calls = {
  /** Opens cameras that play the clip, and records them, or not. */
  open: (options: {
    readonly path: string;
    readonly framesPerSecond: number;
    readonly cameras: number;
    readonly segmentSeconds: number;
    readonly mode: 'background' | 'off';
  }) => {
    const units = readClip(options.path);
    for (let index = 0; index < options.cameras; index++) {
      const camera = new Camera({
        id: `camera-${index}`,
        source: new ClipSource({ units, framesPerSecond: options.framesPerSecond }),
        now,
        openAbort: () => new AbortController(),
        log: silentLogger,
        always: true,
      });
      const recorder = new Recorder({
        camera,
        root: join(folder, camera.id),
        mode: options.mode,
        segment: micros(options.segmentSeconds * 1e6),
        now,
        log: silentLogger,
        lanes,
      });
      // From the first picture on, as the recorder does.
      camera.stream.attach(
        {
          pressure: 0,
          write: ({ data }) => {
            seen.bytes += data.byteLength;
          },
        },
        { now },
      );
      recorder.open();
      cameras.push({ camera, recorder });
    }
  },
  /** Ends the recordings. @returns what the streams had, what the files have, and what was left out. */
  close: async () => {
    const streamBytes = seen.bytes;
    await Promise.all(cameras.map(({ recorder }) => recorder.close()));
    const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((name) =>
      join(folder, name),
    );
    const fileBytes = files
      .map((file) => statSync(file))
      .filter((file) => file.isFile())
      .reduce((sum, { size }) => sum + size, 0);
    const dropped = cameras.reduce((sum, { recorder }) => {
      const { unitsDroppedFault, unitsDroppedSlowDisk, unitsDroppedUntilKey } = recorder.counters.background;
      return sum + unitsDroppedFault + unitsDroppedSlowDisk + unitsDroppedUntilKey;
    }, 0);
    return { streamBytes, fileBytes, dropped };
  },
};

/** What this process does when asked. */
export type RecordersCalls = typeof calls;

serveCalls(calls, async () => {
  clearInterval(ticking);
  await Promise.all(cameras.map(({ camera }) => camera.close()));
  rmSync(folder, { recursive: true, force: true });
});
