import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type RunningServer, startServer } from 'pinhole';
import { serveCalls } from '../support/child.ts';

const folder = mkdtempSync(join(tmpdir(), 'pinhole-bench-'));
let server: RunningServer | undefined;

const calls = {
  /** Starts the real server with one camera, `kvm`, out of a slot of µStreamer. */
  open: async (slot: string) => {
    server = await startServer({
      config: {
        port: 0,
        data: folder,
        cameras: { kvm: { source: `ustreamer:${slot}`, always: true } },
      },
    });
    return { url: `ws://127.0.0.1:${server.port}/live/kvm`, token: server.adminToken };
  },
};

/** What this process does when asked. */
export type SlotServerCalls = typeof calls;

serveCalls(calls, async () => {
  await server?.close();
  rmSync(folder, { recursive: true, force: true });
});
