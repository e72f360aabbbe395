import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';
import { serveCalls } from '../support/child.ts';

/** What a socket has in a signaling server that somebody writes in an hour. */
interface Client {
  readonly id: string;
  readonly socket: WebSocket;
  room?: string;
  cameraId?: string | undefined;
}

const clients = new Map<string, Client>();
const cameras = new Map<string, string>();
let server: WebSocketServer | undefined;

function toRoom(room: string | undefined, message: object, except: Client): void {
  for (const client of clients.values())
    if (client.room === room && client !== except) client.socket.send(JSON.stringify(message));
}

function handle(client: Client, message: Record<string, string>): void {
  const { type, target = '', room = 'default', cameraId, ...rest } = message;
  if (type === 'join') {
    client.room = room;
    client.cameraId = cameraId;
    client.socket.send(JSON.stringify({ type: 'joined', room }));
    toRoom(room, { type: 'clientJoined', clientId: client.id, cameraId }, client);
    if (cameraId !== undefined) {
      cameras.set(`${room} ${cameraId}`, client.id);
      toRoom(room, { type: 'cameraAvailable', cameraId, clientId: client.id }, client);
    }
  } else if (type === 'requestStream') {
    const camera = clients.get(cameras.get(`${client.room} ${cameraId}`) ?? '');
    camera?.socket.send(JSON.stringify({ type: 'viewerRequest', viewerId: client.id }));
  } else {
    clients.get(target)?.socket.send(JSON.stringify({ type, sender: client.id, ...rest }));
  }
}

const calls = {
  /** Rooms without checks, bounds, heartbeats or an index: each broadcast looks at everybody. */
  open: async () => {
    server = new WebSocketServer({ host: '127.0.0.1', port: 0 });
    server.on('connection', (socket) => {
      const client: Client = { id: Math.random().toString(36).slice(2), socket };
      clients.set(client.id, client);
      socket.on('message', (text: Buffer) => handle(client, JSON.parse(text.toString()) as never));
      socket.on('close', () => clients.delete(client.id));
      socket.send(JSON.stringify({ type: 'welcome', clientId: client.id }));
    });
    await once(server, 'listening');
    return { url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}/` };
  },
};

/** What this process does when asked. */
export type RoomServerCalls = typeof calls;

serveCalls(calls, () => server?.close());
