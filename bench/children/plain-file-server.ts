import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import type { AddressInfo } from 'node:net';
import nodeDataChannel, { type PeerConnection } from 'node-datachannel';
import { type WebSocket, WebSocketServer } from 'ws';
import { serveCalls } from '../support/child.ts';

const CHUNK_BYTES = 64 * 1024;
/** As much as the device has waiting at most. */
const WAITING_BYTES = 2 ** 20;

let server: WebSocketServer | undefined;
let connection: PeerConnection | undefined;

async function sendByWebSocket(socket: WebSocket, path: string): Promise<void> {
  for await (const chunk of createReadStream(path, { highWaterMark: CHUNK_BYTES }))
    await new Promise<void>((sent) => socket.send(chunk as Buffer, () => sent()));
  socket.close();
}

const calls = {
  /** Sends a file to each who connects, with nothing but `ws`. */
  serve: async (path: string) => {
    server = new WebSocketServer({ host: '127.0.0.1', port: 0, perMessageDeflate: false });
    server.on('connection', (socket) => void sendByWebSocket(socket, path));
    await once(server, 'listening');
    return `ws://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  },
  /** Answers an offer by libdatachannel, and sends a file on its first channel. */
  answer: async ({ offer, path }: { readonly offer: string; readonly path: string }) => {
    const opened = new nodeDataChannel.PeerConnection('file', { iceServers: [], maxMessageSize: 262_144 });
    connection = opened;
    opened.onDataChannel((channel) => {
      channel.setBufferedAmountLowThreshold(WAITING_BYTES / 2);
      const send = async (): Promise<void> => {
        for await (const chunk of createReadStream(path, { highWaterMark: CHUNK_BYTES })) {
          channel.sendMessageBinary(chunk as Buffer);
          if (channel.bufferedAmount() < WAITING_BYTES) continue;
          await new Promise<void>((low) => channel.onBufferedAmountLow(() => low()));
        }
      };
      void send();
    });
    const described = new Promise<string>((resolve) => {
      opened.onGatheringStateChange((state) => {
        if (state === 'complete') resolve(opened.localDescription()?.sdp ?? '');
      });
    });
    opened.setRemoteDescription(offer, 'offer' as never);
    return await described;
  },
};

/** What this process does when asked. */
export type PlainFileCalls = typeof calls;

serveCalls(calls, () => {
  server?.close();
  connection?.close();
  nodeDataChannel.cleanup();
});
