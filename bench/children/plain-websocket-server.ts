import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { LIVE_SUBPROTOCOL, serializeLiveFrame } from '@pinhole/protocol/live';
import { type WebSocket, WebSocketServer } from 'ws';
import { serveCalls } from '../support/child.ts';
import { readClip } from '../support/clip.ts';
import { ClipSource } from '../support/clip-source.ts';
import { loopDelayCalls } from '../support/loop-delay.ts';

const viewers = new Set<WebSocket>();
const stop = new AbortController();
let server: WebSocketServer | undefined;

const calls = {
  ...loopDelayCalls,
  /** Sends the messages of `/live` with nothing but `ws`: no queue, no bound, no drop, no control. */
  open: async (clip: { readonly path: string; readonly framesPerSecond: number }) => {
    server = new WebSocketServer({
      host: '127.0.0.1',
      port: 0,
      perMessageDeflate: false,
      handleProtocols: () => LIVE_SUBPROTOCOL,
    });
    server.on('connection', (viewer) => {
      viewers.add(viewer);
      viewer.on('close', () => viewers.delete(viewer));
    });
    await once(server, 'listening');
    const source = new ClipSource({ units: readClip(clip.path), framesPerSecond: clip.framesPerSecond });
    const write: Parameters<ClipSource['start']>[0]['write'] = (unit) => {
      const flags = { discontinuity: false, configChanged: false, droppable: false, catchUp: false };
      const message = serializeLiveFrame({
        type: 'video',
        track: 0,
        ...flags,
        ...unit,
        payload: unit.data,
      });
      for (const viewer of viewers) viewer.send(message, { binary: true });
    };
    void source.start({ write, state: () => {} }, { signal: stop.signal });
    return { url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}/` };
  },
};

/** What this process does when asked. */
export type PlainServerCalls = typeof calls;

serveCalls(calls, () => {
  stop.abort();
  for (const viewer of viewers) viewer.terminate();
  server?.close();
});
