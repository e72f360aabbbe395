import { clipUrl, openAudience, openClipServer, TRANSPORTS, type Transport } from './support/audience.ts';
import type { Bench, BenchContext, Figure } from './support/figure.ts';
import { pause } from './support/machine.ts';
import { quantile } from './support/statistics.ts';

/** The many first: they make the code warm for the one. */
const VIEWERS = [50, 1] as const;
const SETTLE_MS = 2000;
const MEASURE_MS = 6000;

/** How long a picture stays in the server. */
export const bench: Bench = {
  title: 'Delay that the server adds to a frame',
  about:
    'From the moment before a picture of a 4 Mbit/s 1080p30 camera goes into the stream to the moment after the system call with its last packet, for each viewer. One frame in sixty is a key frame of over a hundred packets: the p99.',
  needs: ['linux', 'ffmpeg'],
  run: async (context) => {
    const figures: Figure[] = [];
    for (const transport of TRANSPORTS) figures.push(...(await measure(context, transport)));
    return figures;
  },
};

async function measure(context: BenchContext, transport: Transport): Promise<readonly Figure[]> {
  const server = await openClipServer(context, { handOvers: 'watched' });
  const audience = await openAudience(context, transport, {
    url: clipUrl(server, transport),
    token: server.token,
  });
  const rows: (readonly Figure[])[] = [];
  for (const viewers of VIEWERS) {
    await audience.resize(viewers);
    await pause(SETTLE_MS);
    await server.ask('watchHandOvers', transport === 'WebRTC' ? 'rtp' : 'stream');
    await pause(MEASURE_MS);
    const { eachMs, lastViewerMs } = await server.ask('handOvers');
    const name = `${transport}, ${viewers} ${viewers === 1 ? 'viewer' : 'viewers'}`;
    const figure = (measure: string, value: number): Figure => ({ name, measure, value, unit: 'ms' });
    rows.unshift([
      figure('p50', quantile(eachMs, 0.5)),
      figure('p99', quantile(eachMs, 0.99)),
      figure('p50 of the viewer served last', quantile(lastViewerMs, 0.5)),
      figure('p99 of the viewer served last', quantile(lastViewerMs, 0.99)),
    ]);
  }
  await server.close();
  await audience.close();
  return rows.flat();
}
