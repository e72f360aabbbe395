import { findThirdParty } from '../../test/support/find-third-party.ts';
import type { ViewerTarget, WebRtcViewersCalls } from '../children/webrtc-viewers.ts';
import { type Child, openChild } from './child.ts';
import { CAMERA_CLIP, clipFile } from './clip.ts';
import type { BenchContext } from './figure.ts';
import type { LoopDelayCalls } from './loop-delay.ts';

/** What each of these servers takes and gives. */
type ServerCalls = LoopDelayCalls & {
  readonly open: (options: {
    readonly path: string;
    readonly framesPerSecond: number;
    readonly fanout: 'native' | 'TypeScript';
    readonly camera: 'plays' | 'rests';
  }) => { readonly url: string; readonly pid?: number };
  readonly rtpOffset: () => number | undefined;
};

const SERVERS = [
  { name: 'native', child: 'peer-server', fanout: 'native' },
  { name: 'TypeScript', child: 'peer-server', fanout: 'TypeScript' },
  { name: 'node-datachannel', child: 'datachannel-server', fanout: 'native' },
  { name: 'Janus', child: 'janus-server', fanout: 'native' },
] as const;

/** One of ours or of others that sends a clip by WebRTC. */
export type PeerServer = (typeof SERVERS)[number];

/** Those that are installed. */
export const peerServers = (): readonly PeerServer[] =>
  SERVERS.filter(({ name }) => name !== 'Janus' || findThirdParty('janus') !== undefined);

/** A server that runs, and those who will watch. */
export interface RunningServer {
  readonly server: Child<ServerCalls>;
  /** The process that sends. */
  readonly pid: number;
  readonly target: ViewerTarget;
  readonly viewers: Child<WebRtcViewersCalls>;
}

/** Starts one, and a process for its viewers. */
export async function runPeerServer(
  context: BenchContext,
  { child, fanout }: PeerServer,
  camera: 'plays' | 'rests',
): Promise<RunningServer> {
  const server = await openChild<ServerCalls>(context, child);
  const { framesPerSecond } = CAMERA_CLIP;
  const opened = await server.ask('open', { path: clipFile(CAMERA_CLIP), framesPerSecond, fanout, camera });
  const target: ViewerTarget = {
    url: opened.url,
    token: '',
    ...(child === 'janus-server' && { offers: 'server' }),
  };
  const viewers = await openChild<WebRtcViewersCalls>(context, 'webrtc-viewers');
  return { server, pid: opened.pid ?? server.pid, target, viewers };
}
