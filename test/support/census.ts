import { once } from 'node:events';
import { readdir, readFile, readlink } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { WebSocket } from 'ws';
import type { Pinhole } from './pinhole.ts';

/** What a running program holds. */
export interface Holdings {
  /** Open file descriptors that are sockets. */
  readonly sockets: number;
  /** All open file descriptors. */
  readonly descriptors: number;
  /** Timers that keep the program alive. */
  readonly timers: number;
  /** Requests, handles and timers that keep the program alive, by their kind. */
  readonly resources: Readonly<Record<string, number>>;
  readonly children: number;
  /** Bytes of JavaScript objects after a collection of garbage. */
  readonly heapBytes: number;
  /** Bytes of the process. */
  readonly residentBytes: number;
}

/** Passed to `startPinhole` as `env`, so that a census may look inside. */
export const CENSUS_ENV = { NODE_OPTIONS: '--inspect-port=127.0.0.1:0' };

/** Looks at what a program holds: from outside by `/proc`, from inside by Node's inspector. */
export class Census {
  readonly #pinhole: Pick<Pinhole, 'pid' | 'output'>;
  #inspector: string | undefined;

  constructor(pinhole: Pick<Pinhole, 'pid' | 'output'>) {
    this.#pinhole = pinhole;
  }

  /** What it holds now, garbage collected before. */
  async take(): Promise<Holdings> {
    const { pid } = this.#pinhole;
    const { resources, heapBytes } = await this.#inside();
    const links = await Promise.all(
      (await readdir(`/proc/${pid}/fd`)).map((fd) => readlink(`/proc/${pid}/fd/${fd}`).catch(() => '')),
    );
    const status = await readFile(`/proc/${pid}/status`, 'utf8');
    return {
      sockets: links.filter((link) => link.startsWith('socket:')).length,
      descriptors: links.filter((link) => link !== '').length,
      timers: resources['Timeout'] ?? 0,
      resources,
      children: (await childrenOf(pid)).length,
      heapBytes,
      residentBytes: Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? Number.NaN) * 1024,
    };
  }

  /**
   * Waits until no more is held than at `baseline`: sockets, descriptors, timers and children to the piece, memory within
   * `slackBytes` of heap. What a program keeps for good once it was used (a pool of buffers, compiled code) is in the
   * baseline when that was taken after a first use.
   * @throws {Error} that says what is left over, after `patienceMs`
   */
  async untilBackTo(
    baseline: Holdings,
    { slackBytes = 24 * 2 ** 20, patienceMs = 20_000 } = {},
  ): Promise<Holdings> {
    const deadline = Date.now() + patienceMs;
    for (;;) {
      const now = await this.take();
      const left = leftOver(baseline, now, slackBytes);
      if (left.length === 0) return now;
      if (Date.now() > deadline) {
        const kinds = `${JSON.stringify(baseline.resources)} → ${JSON.stringify(now.resources)}`;
        throw new Error(`after ${patienceMs} ms: ${left.join(', ')}; resources ${kinds}`);
      }
      await sleep(500);
    }
  }

  async #inside(): Promise<{ resources: Record<string, number>; heapBytes: number }> {
    const socket = new WebSocket(await this.#inspectorUrl());
    await once(socket, 'open');
    let id = 0;
    const call = async (method: string, params = {}): Promise<unknown> => {
      const own = ++id;
      socket.send(JSON.stringify({ id: own, method, params }));
      for (;;) {
        const [text] = (await once(socket, 'message')) as [Buffer];
        const message = JSON.parse(text.toString()) as { id?: number; result?: unknown };
        if (message.id === own) return message.result;
      }
    };
    try {
      await call('HeapProfiler.collectGarbage');
      const { result } = (await call('Runtime.evaluate', {
        expression:
          '({ kinds: process.getActiveResourcesInfo(), heapBytes: process.memoryUsage().heapUsed })',
        returnByValue: true,
      })) as { result: { value: { kinds: string[]; heapBytes: number } } };
      const resources: Record<string, number> = {};
      for (const kind of result.value.kinds) resources[kind] = (resources[kind] ?? 0) + 1;
      return { resources, heapBytes: result.value.heapBytes };
    } finally {
      socket.terminate();
    }
  }

  /** Node opens its inspector on SIGUSR1 and says where. */
  async #inspectorUrl(): Promise<string> {
    if (this.#inspector !== undefined) return this.#inspector;
    const { pid, output } = this.#pinhole;
    process.kill(pid, 'SIGUSR1');
    for (let i = 0; i < 200; i++) {
      this.#inspector = /Debugger listening on (ws:\S+)/.exec(output())?.[1];
      if (this.#inspector !== undefined) return this.#inspector;
      await sleep(50);
    }
    throw new Error('the program opened no inspector: start it with CENSUS_ENV');
  }
}

/** Ids of the processes that a process started and that are alive. */
export async function childrenOf(pid: number): Promise<readonly number[]> {
  const tasks = await readdir(`/proc/${pid}/task`);
  const lists = await Promise.all(
    tasks.map((task) => readFile(`/proc/${pid}/task/${task}/children`, 'utf8').catch(() => '')),
  );
  return lists.flatMap((list) => list.split(' ').filter((word) => word !== '')).map(Number);
}

function leftOver(before: Holdings, now: Holdings, slackBytes: number): string[] {
  const counts = (['sockets', 'descriptors', 'timers', 'children'] as const)
    .filter((name) => now[name] > before[name])
    .map((name) => `${name} ${before[name]} → ${now[name]}`);
  const heap = now.heapBytes - before.heapBytes;
  return heap > slackBytes ? [...counts, `heap ${(heap / 2 ** 20).toFixed(1)} MiB more`] : counts;
}

/** In words, for the log of a test run. */
export const holdingsLine = (name: string, before: Holdings, after: Holdings): string =>
  `${name}: sockets ${before.sockets} → ${after.sockets}, timers ${before.timers} → ${after.timers}, ` +
  `heap ${mib(before.heapBytes)} → ${mib(after.heapBytes)} MiB, RSS ${mib(before.residentBytes)} → ${mib(after.residentBytes)} MiB`;

const mib = (bytes: number): string => (bytes / 2 ** 20).toFixed(0);
