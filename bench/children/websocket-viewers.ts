import { liveSubprotocols } from '@pinhole/protocol/live';
import { WebSocket } from 'ws';
import { serveCalls } from '../support/child.ts';

const viewers: { readonly socket: WebSocket; frames: number }[] = [];

const connectOne = (target: { readonly url: string; readonly token: string }): Promise<void> =>
  new Promise((resolve, reject) => {
    const socket = new WebSocket(target.url, liveSubprotocols(target.token), { perMessageDeflate: false });
    const viewer = { socket, frames: 0 };
    socket.on('message', (_message, isBinary) => {
      if (isBinary) viewer.frames++;
    });
    socket.on('open', () => {
      viewers.push(viewer);
      resolve();
    });
    socket.on('error', reject);
  });

const calls = {
  /** Connects so many viewers more. */
  connect: async (target: { readonly url: string; readonly token: string; readonly count: number }) => {
    for (let i = 0; i < target.count; i++) await connectOne(target);
  },
  /** So many viewers leave, the latest first. */
  disconnect: (count: number): void => {
    for (const { socket } of viewers.splice(viewers.length - count)) socket.terminate();
  },
  /** Counts anew from now on. */
  reset: (): void => {
    for (const viewer of viewers) viewer.frames = 0;
  },
  /** Frames that each viewer got. */
  seen: (): readonly { readonly frames: number }[] => viewers.map(({ frames }) => ({ frames })),
};

/** What this process does when asked. */
export type WebSocketViewersCalls = typeof calls;

serveCalls(calls, () => {
  for (const { socket } of viewers) socket.terminate();
});
