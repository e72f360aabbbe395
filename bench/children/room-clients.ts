import { WebSocket } from 'ws';
import { serveCalls } from '../support/child.ts';
import { quantile } from '../support/statistics.ts';

/** One camera and so many viewers less one. */
const PER_ROOM = 10;
const AT_ONCE = 50;
const WARM_UP_MS = 1000;

interface Client {
  readonly socket: WebSocket;
  id: string;
  joined: (() => void) | undefined;
}

const clients: Client[] = [];
const delaysMs: number[] = [];
/** How large an offer of a browser is. */
const SDP = 'x'.repeat(3000);

function connect(url: string): Promise<Client> {
  return new Promise((resolve, reject) => {
    const client: Client = {
      socket: new WebSocket(url, { perMessageDeflate: false }),
      id: '',
      joined: undefined,
    };
    client.socket.on('error', reject);
    client.socket.on('message', (text: Buffer) => {
      const message = JSON.parse(text.toString()) as {
        readonly type: string;
        readonly clientId: string;
        readonly sdp?: { readonly sdp: string };
      };
      if (message.type === 'welcome') {
        client.id = message.clientId;
        resolve(client);
      } else if (message.type === 'joined') client.joined?.();
      else if (message.type === 'offer') {
        delaysMs.push(performance.now() - Number(message.sdp?.sdp.split(' ', 1)[0]));
      }
    });
  });
}

async function each(count: number, work: (index: number) => Promise<void>): Promise<void> {
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < count) await work(next++);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
}

const pause = (ms: number): Promise<void> => new Promise((over) => setTimeout(over, ms));

const calls = {
  connect: async ({ url, count }: { readonly url: string; readonly count: number }): Promise<void> => {
    await each(count, async (index) => {
      clients[index] = await connect(url);
    });
  },
  /** All join, ten a room. @returns how many a second */
  join: async (): Promise<number> => {
    const startedAt = performance.now();
    await each(clients.length, async (index) => {
      const client = clients[index];
      if (client === undefined) return;
      const answered = new Promise<void>((resolve) => {
        client.joined = resolve;
      });
      const camera = index % PER_ROOM === 0 ? { deviceType: 'camera', cameraId: 'door' } : {};
      const room = `room-${Math.floor(index / PER_ROOM)}`;
      client.socket.send(JSON.stringify({ type: 'join', room, ...camera }));
      await answered;
    });
    return (clients.length * 1000) / (performance.now() - startedAt);
  },
  /** Cameras offer to viewers of their rooms. @returns how long it takes from one to the other */
  relay: async ({ perSecond, durationMs }: { readonly perSecond: number; readonly durationMs: number }) => {
    const startedAt = performance.now();
    let sent = 0;
    let counted = 0;
    while (performance.now() - startedAt < WARM_UP_MS + durationMs) {
      const elapsedMs = performance.now() - startedAt;
      if (elapsedMs >= WARM_UP_MS && counted === 0) {
        delaysMs.length = 0;
        counted = sent;
      }
      for (; sent < (elapsedMs * perSecond) / 1000; sent++) {
        const at = (sent * 7919) % clients.length;
        const [camera, viewer] = [clients[at - (at % PER_ROOM)], clients[at]];
        if (camera === undefined || viewer === undefined || camera === viewer) continue;
        const sdp = { type: 'offer', sdp: `${performance.now()} ${SDP}` };
        camera.socket.send(JSON.stringify({ type: 'offer', target: viewer.id, sdp }));
      }
      await pause(2);
    }
    await pause(500);
    return { p50Ms: quantile(delaysMs, 0.5), p99Ms: quantile(delaysMs, 0.99), relayed: delaysMs.length };
  },
};

/** What this process does when asked. */
export type RoomClientsCalls = typeof calls;

serveCalls(calls, () => {
  for (const { socket } of clients) socket.terminate();
});
