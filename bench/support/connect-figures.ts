import type { BenchContext, Figure } from './figure.ts';
import { cpuMsOf } from './machine.ts';
import { type PeerServer, peerServers, runPeerServer } from './peer-servers.ts';

const HANDSHAKES = 100;
const SHORT_HANDSHAKES = 20;
/** They make the code warm. */
const FIRST_HANDSHAKES = 8;

/** What connecting must take: half of what werift's own DTLS took, and a hundred in a second on one core. */
const TARGET = { cpuMs: 8, joinsPerSecond: 100 } as const;

/** What it takes to connect, of us and of others. */
export async function connectFigures(context: BenchContext): Promise<readonly Figure[]> {
  const figures: Figure[] = [];
  for (const server of peerServers().filter(({ name }) => name !== 'TypeScript'))
    figures.push(...(await connecting(context, server)));
  return figures;
}

async function connecting(context: BenchContext, which: PeerServer): Promise<readonly Figure[]> {
  const { server, pid, target, viewers } = await runPeerServer(context, which, 'rests');
  const count = context.short ? SHORT_HANDSHAKES : HANDSHAKES;
  await viewers.ask('connect', { ...target, count: FIRST_HANDSHAKES });
  const before = cpuMsOf(pid);
  const startedAt = performance.now();
  await viewers.ask('connect', { ...target, count });
  const elapsedMs = performance.now() - startedAt;
  const cpuMs = cpuMsOf(pid) - before;
  await viewers.close();
  await server.close();
  // Others have no camera that rests: what they send meanwhile counts, too.
  const isOurs = which.name === 'native';
  const name = isOurs ? 'Pinhole, connecting' : `${which.name}, connecting`;
  return [
    {
      name,
      measure: 'CPU a handshake',
      value: cpuMs / count,
      unit: 'ms',
      ...(isOurs && { target: TARGET.cpuMs }),
    },
    {
      name,
      measure: 'joins',
      value: (count * 1000) / elapsedMs,
      unit: 'joins/s',
      ...(isOurs && { target: TARGET.joinsPerSecond }),
    },
  ];
}
