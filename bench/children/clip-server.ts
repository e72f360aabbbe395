import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type RunningServer, startServer } from 'pinhole';
import { serveCalls } from '../support/child.ts';
import { readClip } from '../support/clip.ts';
import { ClipSource } from '../support/clip-source.ts';
import { type HandedOver, HandOverClock, watchHandOvers } from '../support/hand-over.ts';
import { loopDelayCalls } from '../support/loop-delay.ts';

const folder = mkdtempSync(join(tmpdir(), 'pinhole-bench-'));
const clock = new HandOverClock();
let server: RunningServer | undefined;

const calls = {
  ...loopDelayCalls,
  /** Starts the real server with one camera, `clip`, that runs all the time and plays from memory. */
  open: async (clip: {
    readonly path: string;
    readonly framesPerSecond: number;
    /** Measures how long pictures stay in here; costs a little itself. */
    readonly handOvers: 'watched' | 'unwatched';
  }) => {
    if (clip.handOvers === 'watched') await watchHandOvers(clock);
    const { framesPerSecond } = clip;
    const units = readClip(clip.path);
    server = await startServer({
      config: {
        port: 0,
        webrtc: { port: 0 },
        data: folder,
        cameras: { clip: { source: 'synthetic', always: true } },
        limits: { viewersPerAddress: 1000, writeBurst: 1000 },
      },
      parts: {
        openSource: () => new ClipSource({ units, framesPerSecond, aboutToWrite: () => clock.start() }),
      },
    });
    return { url: server.url, token: server.adminToken };
  },
  watchHandOvers: (kind: HandedOver) => clock.reset(kind),
  handOvers: () => clock.read(),
};

/** What this process does when asked. */
export type ClipServerCalls = typeof calls;

serveCalls(calls, async () => {
  await server?.close();
  rmSync(folder, { recursive: true, force: true });
});
