import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type RunningServer, startServer } from 'pinhole';
import { serveCalls } from '../support/child.ts';

const MANY = 100_000;
let server: RunningServer | undefined;
let folder: string | undefined;

const calls = {
  /** The whole server, with bounds that one machine full of clients does not reach. */
  open: async () => {
    folder = await mkdtemp(join(tmpdir(), 'pinhole-bench-'));
    server = await startServer({
      config: {
        port: 0,
        data: folder,
        rooms: {
          mode: 'compatible',
          sockets: MANY,
          socketsPerAddress: MANY,
          messagesPerSecondPerAddress: 10 * MANY,
        },
        limits: {
          connections: MANY,
          unauthenticatedConnections: 10_000,
          unauthenticatedConnectionsPerAddress: 10_000,
          writesPerSecond: MANY,
          writeBurst: MANY,
        },
      },
    });
    return { url: `ws://127.0.0.1:${server.port}/` };
  },
};

serveCalls(calls, async () => {
  await server?.close();
  if (folder !== undefined) await rm(folder, { recursive: true, force: true });
});
