import { isRtcp } from '@pinhole/media/rtp';
import nodeDataChannel, { type PeerConnection, type Track } from 'node-datachannel';
import { serveCalls } from '../support/child.ts';
import { JanusClient } from '../support/janus-client.ts';
import { SequenceCount } from '../support/statistics.ts';

/** Whom viewers watch. */
export interface JanusViewerTarget {
  /** `ws://…` */
  readonly url: string;
  readonly plugin: string;
  readonly watch: { readonly request: 'watch'; readonly id?: number };
}

interface Viewer {
  readonly connection: PeerConnection;
  readonly tracks: readonly Track[];
  readonly client: JanusClient;
}

interface Count {
  frames: number;
  sequence: SequenceCount;
}

const AT_ONCE = 4;
const MARKER = 0x80;
const CONNECT_PATIENCE_MS = 15_000;

// Held, or the garbage collector closes them.
const viewers: Viewer[] = [];
/** Of the first viewer, who alone looks at packets: for the others the native library does. */
const count: Count = { frames: 0, sequence: new SequenceCount() };

/** Watches. @returns how long it took from `create` to the first packet, where packets are looked at */
async function watch(
  target: JanusViewerTarget,
  packets: 'looked at' | 'left alone',
): Promise<{ readonly viewer: Viewer; readonly firstMs: Promise<number> }> {
  const client = await JanusClient.open(target.url);
  const startedAt = performance.now();
  const connection = new nodeDataChannel.PeerConnection('viewer', {
    iceServers: [],
    disableAutoNegotiation: true,
  });
  const tracks: Track[] = [];
  let first: (ms: number) => void = () => {};
  const firstMs = new Promise<number>((resolve, reject) => {
    first = resolve;
    setTimeout(() => reject(new Error('no packet came')), CONNECT_PATIENCE_MS).unref();
  });
  firstMs.catch(() => {});
  connection.onTrack((track) => {
    tracks.push(track);
    track.setMediaHandler(new nodeDataChannel.RtcpReceivingSession());
    if (packets === 'looked at')
      track.onMessage((datagram) => {
        if (isRtcp(datagram)) return;
        first(performance.now() - startedAt);
        count.sequence.push(((datagram[2] ?? 0) << 8) | (datagram[3] ?? 0));
        if (((datagram[1] ?? 0) & MARKER) !== 0) count.frames++;
      });
  });
  const connected = new Promise<void>((resolve, reject) => {
    setTimeout(() => reject(new Error('a viewer did not connect')), CONNECT_PATIENCE_MS).unref();
    connection.onStateChange((state) => {
      if (state === 'connected') resolve();
      if (state === 'failed') reject(new Error('the connection of a viewer failed'));
    });
  });
  const gathered = new Promise<string>((resolve) => {
    connection.onGatheringStateChange((state) => {
      if (state === 'complete') resolve(connection.localDescription()?.sdp ?? '');
    });
  });
  connection.setRemoteDescription(await client.watch(target.plugin, target.watch), 'offer');
  connection.setLocalDescription('answer');
  await client.start(await gathered);
  await connected;
  return { viewer: { connection, tracks, client }, firstMs };
}

async function leave({ client, connection }: Viewer): Promise<void> {
  await client.close();
  connection.close();
}

const calls = {
  /** So many viewers more watch. */
  connect: async ({ target, more }: { readonly target: JanusViewerTarget; readonly more: number }) => {
    let left = more;
    const worker = async (): Promise<void> => {
      while (left-- > 0) {
        const { viewer } = await watch(
          target,
          viewers.length === 0 && left === more - 1 ? 'looked at' : 'left alone',
        );
        viewers.push(viewer);
      }
    };
    await Promise.all(Array.from({ length: Math.min(AT_ONCE, more) }, worker));
  },
  /** So many come one after the other, and leave with their first packet. @returns how long each took, in ms */
  join: async ({ target, times }: { readonly target: JanusViewerTarget; readonly times: number }) => {
    const tookMs: number[] = [];
    const kept = { ...count };
    for (let i = 0; i < times; i++) {
      const { viewer, firstMs } = await watch(target, 'looked at');
      tookMs.push(await firstMs);
      await leave(viewer);
    }
    Object.assign(count, kept);
    return tookMs;
  },
  /** Counts anew from now on. */
  reset: (): void => {
    Object.assign(count, { frames: 0, sequence: new SequenceCount() });
  },
  /** What the first viewer saw since. */
  seen: () => ({ frames: count.frames, lost: count.sequence.lost }),
};

/** What this process does when asked. */
export type JanusViewersCalls = typeof calls;

serveCalls(calls, () => {
  for (const { connection } of viewers) connection.close();
  nodeDataChannel.cleanup();
});
