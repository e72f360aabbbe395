import { type NarrowLink, whyNoRouter } from '../../test/support/home-router.ts';
import { keyFramesBehindRouter } from '../../test/support/key-frames-behind-router.ts';
import type { BenchContext } from './figure.ts';

/**
 * Links that carry the camera's 4 Mbit/s with room to spare, behind a queue of so many packets: a switch of an access
 * network, a home router, Wi-Fi.
 */
const LINKS: readonly NarrowLink[] = [
  { megabitsPerSecond: 50, queuePackets: 48 },
  { megabitsPerSecond: 100, queuePackets: 64 },
  { megabitsPerSecond: 200, queuePackets: 100 },
];

/** What is missing behind one link. */
export interface LostOnLink {
  /** `50 Mbit/s, 48 packets`. */
  readonly link: string;
  /** Of the packets of key frames, for each of the bursts. */
  readonly percents: readonly number[];
}

/** Sends key frames over narrow links, so many packets at once. Says so and measures nothing where there can be no such link. */
export async function lostOnLinks(
  context: BenchContext,
  frames: {
    readonly payloads: readonly Uint8Array[];
    readonly count: number;
    readonly bursts: readonly number[];
  },
): Promise<readonly LostOnLink[]> {
  const why = whyNoRouter();
  if (why !== undefined) {
    console.log(`fanout: what key frames lose before a narrow link is left out; ${why}`);
    return [];
  }
  const { payloads, count, bursts } = frames;
  const payloadBytes = payloads.map(({ byteLength }) => byteLength);
  const over = new AbortController();
  context.defer(() => over.abort());
  const lost: LostOnLink[] = [];
  for (const link of LINKS) {
    const runs = await keyFramesBehindRouter(link, { count, payloadBytes, bursts, signal: over.signal });
    lost.push({
      link: `${link.megabitsPerSecond} Mbit/s, ${link.queuePackets} packets`,
      percents: runs.map((came) => {
        const packets = came.reduce((sum, some) => sum + some, 0);
        return 100 * (1 - packets / (count * payloads.length));
      }),
    });
  }
  return lost;
}
