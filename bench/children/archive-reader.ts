import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { micros, silentLogger } from '@pinhole/core';
import { Archive, FootageReader } from '@pinhole/outputs/archive';
import { serveCalls } from '../support/child.ts';
import { pause } from '../support/machine.ts';
import { quantile } from '../support/statistics.ts';

/** What a parent may ask of this child. */
export type ArchiveReader = typeof calls;

/** How long it took to open, in ms from its beginning. */
interface Opening {
  readonly openMs: number;
  readonly listMs: number;
  readonly readMs: number;
  readonly filesRead: number;
}

const QUERIES = 400;
const opened: { archive?: Archive; server?: Server } = {};

const archiveOf = (): Archive => {
  if (opened.archive === undefined) throw new Error('open comes first');
  return opened.archive;
};

const calls = {
  /** Opens what lies below a folder. @returns how long that took, until the index was taken in and until all was read */
  open: async ({ root, files }: { root: string; files: number }): Promise<Opening> => {
    await opened.archive?.close();
    const startedAt = performance.now();
    const archive = await Archive.open({
      camera: 'bench',
      root,
      now: () => micros((Date.now() + 10_000) * 1000),
      log: silentLogger,
    });
    const openMs = performance.now() - startedAt;
    opened.archive = archive;
    while (archive.state.files < files) await pause(2);
    const listMs = performance.now() - startedAt;
    await archive.sweep();
    const readMs = performance.now() - startedAt;
    return { openMs, listMs, readMs, filesRead: archive.counters.filesRead };
  },
  /** Looks for changes where there are none. @returns how long that takes */
  sweep: async (): Promise<number> => {
    const startedAt = performance.now();
    await archiveOf().sweep();
    return performance.now() - startedAt;
  },
  /** Asks for this and that at random times. @returns the 99th percentile in ms of each kind of question */
  queries: (): Readonly<Record<string, number>> => {
    const archive = archiveOf();
    const { files } = archive;
    const [first, last] = [files[0]?.startTime ?? 0, files.at(-1)?.endTime ?? 0];
    const anywhere = () => micros(Math.floor(first + Math.random() * (last - first)));
    const kinds: Readonly<Record<string, () => unknown>> = {
      latest: () => archive.latest(),
      'eight before one': () => archive.before(files[Math.floor(Math.random() * files.length)]?.path ?? ''),
      'before a time': () => archive.beforeTime(anywhere()),
      'a day': () => {
        const from = anywhere();
        return archive.range({ from, to: micros(from + 86_400e6) });
      },
      'gaps of a day': () => {
        const from = anywhere();
        return archive.gaps({ from, to: micros(from + 86_400e6) });
      },
      'all days': () => archive.days(),
    };
    return Object.fromEntries(
      Object.entries(kinds).map(([name, ask]) => {
        const times = Array.from({ length: QUERIES }, () => {
          const startedAt = performance.now();
          ask();
          return performance.now() - startedAt;
        });
        return [name, quantile(times, 0.99)];
      }),
    );
  },
  /** Serves the newest recording as a file, and all of them as footage. @returns the port */
  serve: async (): Promise<number> => {
    const archive = archiveOf();
    const footage = new FootageReader({ archive });
    const bodyOf = async (path: string | undefined): Promise<ReadableStream<Uint8Array>> => {
      const [from, to] = [archive.files[0]?.startTime, archive.files.at(-1)?.endTime];
      if (from === undefined || to === undefined) throw new Error('nothing was recorded');
      return path === '/footage'
        ? (await footage.open({ from, to, purpose: 'playback' })).stream()
        : (await archive.openFile(archive.latest()?.path ?? '')).stream();
    };
    const server = createServer((request, response) => {
      void bodyOf(request.url).then((body) =>
        pipeline(Readable.fromWeb(body as Parameters<typeof Readable.fromWeb>[0]), response),
      );
    });
    opened.server = server;
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return (server.address() as AddressInfo).port;
  },
};

serveCalls(calls, async () => {
  opened.server?.closeAllConnections();
  opened.server?.close();
  await opened.archive?.close();
});
