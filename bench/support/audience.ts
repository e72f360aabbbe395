import type { ClipServerCalls } from '../children/clip-server.ts';
import type { WebRtcViewersCalls } from '../children/webrtc-viewers.ts';
import type { WebSocketViewersCalls } from '../children/websocket-viewers.ts';
import { type Child, openChild } from './child.ts';
import { CAMERA_CLIP, clipFile } from './clip.ts';
import type { BenchContext } from './figure.ts';

/** By what viewers watch. */
export const TRANSPORTS = ['WebRTC', 'WebSocket'] as const;
/** One of {@link TRANSPORTS}. */
export type Transport = (typeof TRANSPORTS)[number];

/** Viewers in a process of their own. */
export interface Audience {
  /** Viewers now. */
  readonly size: number;
  /** Lets viewers join or leave until there are `size`. */
  resize(size: number): Promise<void>;
  /** Counts anew from now on. */
  reset(): Promise<void>;
  /** What came since: by viewer, of those who count. */
  seen(): Promise<readonly { readonly frames: number; readonly lost?: number }[]>;
  close(): Promise<void>;
}

/** The real server in a process of its own, with one 1080p30 camera of 4 Mbit/s that plays from memory. */
export async function openClipServer(
  context: BenchContext,
  options: { readonly handOvers: 'watched' | 'unwatched' },
): Promise<Child<ClipServerCalls> & { readonly url: string; readonly token: string }> {
  const { framesPerSecond } = CAMERA_CLIP;
  const server = await openChild<ClipServerCalls>(context, 'clip-server');
  const opened = await server.ask('open', { path: clipFile(CAMERA_CLIP), framesPerSecond, ...options });
  return { ...server, ...opened };
}

/** Viewers of a camera of a server. */
export async function openAudience(
  context: BenchContext,
  transport: Transport,
  target: { readonly url: string; readonly token: string },
): Promise<Audience> {
  const child =
    transport === 'WebRTC'
      ? await openChild<WebRtcViewersCalls>(context, 'webrtc-viewers')
      : await openChild<WebSocketViewersCalls>(context, 'websocket-viewers');
  let size = 0;
  return {
    get size() {
      return size;
    },
    async resize(wanted) {
      if (wanted > size) await child.ask('connect', { ...target, count: wanted - size });
      else if (wanted < size) await child.ask('disconnect', size - wanted);
      size = wanted;
    },
    reset: () => child.ask('reset'),
    seen: () => child.ask('seen'),
    close: () => child.close(),
  };
}

/** Where viewers of a transport find the clip. */
export const clipUrl = (server: { readonly url: string }, transport: Transport): string =>
  transport === 'WebRTC'
    ? `${server.url}/whep/clip`
    : `${server.url.replace('http', 'ws').replace('localhost', '127.0.0.1')}/live/clip`;
