import type { RoomServerCalls } from './children/naive-rooms-server.ts';
import type { RoomClientsCalls } from './children/room-clients.ts';
import { openChild } from './support/child.ts';
import type { Bench, BenchContext, Figure } from './support/figure.ts';
import { pause, rssMbOf } from './support/machine.ts';

const SIZES = [1000, 5000] as const;
const SERVERS = { Pinhole: 'rooms-server', naive: 'naive-rooms-server' } as const;
const SETTLE_MS = 1500;
const MEASURE_MS = 5000;
const RELAYS_PER_SECOND = 500;

/** What signaling rooms cost. */
export const bench: Bench = {
  title: 'Signaling rooms',
  about: `The server in one process and all clients in another, ten a room, one of them a camera. Joins: 50 at a time, each waiting for its answer. Delay: ${RELAYS_PER_SECOND} offers of 3 kB a second, from the camera's write to the viewer's event. Memory: what the clients made the server grow, once they have joined. The rows \`naive\` are a broadcast server of 60 lines on \`ws\`, without checks, bounds, heartbeats or an index of rooms.`,
  needs: ['linux'],
  run: async (context) => {
    const figures: Figure[] = [];
    for (const size of SIZES)
      for (const name of Object.keys(SERVERS) as (keyof typeof SERVERS)[])
        figures.push(...(await measure(context, name, size)));
    return figures;
  },
};

async function measure(
  context: BenchContext,
  server: keyof typeof SERVERS,
  count: number,
): Promise<readonly Figure[]> {
  const child = await openChild<RoomServerCalls>(context, SERVERS[server]);
  const { url } = await child.ask('open');
  const clients = await openChild<RoomClientsCalls>(context, 'room-clients');
  await pause(SETTLE_MS);
  const idleMb = rssMbOf(child.pid);
  await clients.ask('connect', { url, count });
  const joinsPerSecond = await clients.ask('join');
  await pause(SETTLE_MS);
  const memoryMb = (rssMbOf(child.pid) - idleMb) / count;
  const { p50Ms, p99Ms, relayed } = await clients.ask('relay', {
    perSecond: RELAYS_PER_SECOND,
    durationMs: MEASURE_MS,
  });
  if (relayed < (RELAYS_PER_SECOND * MEASURE_MS) / 1000 / 2)
    throw new Error(`only ${relayed} offers arrived`);
  await clients.close();
  await child.close();
  const name = `${server}, ${count} sockets`;
  return [
    { name, measure: 'relay p50', value: p50Ms, unit: 'ms' },
    { name, measure: 'relay p99', value: p99Ms, unit: 'ms' },
    { name, measure: 'joins', value: joinsPerSecond, unit: 'joins/s' },
    { name, measure: 'memory a socket', value: memoryMb * 1000, unit: 'kB' },
  ];
}
