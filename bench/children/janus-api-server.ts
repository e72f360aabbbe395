import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type RunningServer, startServer } from 'pinhole';
import { serveCalls } from '../support/child.ts';
import { readClip } from '../support/clip.ts';
import { ClipSource } from '../support/clip-source.ts';

const MANY = 1000;
const folder = mkdtempSync(join(tmpdir(), 'pinhole-bench-'));
let server: RunningServer | undefined;

const calls = {
  /** Starts the real server with one camera that plays from memory, and the Janus API on a port of its own. */
  open: async (clip: { readonly path: string; readonly framesPerSecond: number }) => {
    const { path, framesPerSecond } = clip;
    const units = readClip(path);
    server = await startServer({
      config: {
        port: 0,
        data: folder,
        anonymous: ['view'],
        cameras: { clip: { source: 'synthetic', always: true } },
        limits: { viewersPerAddress: MANY, writeBurst: MANY },
        janus: {
          ports: { ws: 0 },
          sessionsPerAddress: MANY,
          socketsPerAddress: MANY,
        },
      },
      parts: { openSource: () => new ClipSource({ units, framesPerSecond }) },
    });
    return { url: `ws://127.0.0.1:${server.janusPorts.ws}`, pid: process.pid };
  },
};

/** What this process does when asked. */
export type JanusApiServerCalls = typeof calls;

serveCalls(calls, async () => {
  await server?.close();
  rmSync(folder, { recursive: true, force: true });
});
