import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** What becomes of a datagram on its way to the client. */
export type Fate = 'pass' | 'drop' | 'twice' | 'late';

/** A bad network for RTP over UDP, in front of an RTSP server on this machine. */
export interface RtspNetwork {
  readonly port: number;
  /** Datagrams of RTP that met each fate. */
  readonly counts: Readonly<Record<Fate, number>>;
  close(): Promise<void>;
}

const LATE_MS = 8;

/**
 * Opens a relay of the server's TCP port that puts itself between the UDP ports that SETUP agrees on.
 * @param fateOf asked for each datagram of RTP, by its number
 */
export async function openRtspNetwork(serverPort: number, fateOf: (n: number) => Fate): Promise<RtspNetwork> {
  const counts = { pass: 0, drop: 0, twice: 0, late: 0 };
  const open: { readonly tcp: Set<Socket>; readonly udp: UdpSocket[] } = { tcp: new Set(), udp: [] };
  const server = createServer((client) => {
    const upstream = connect(serverPort, '127.0.0.1');
    for (const socket of [client, upstream]) {
      open.tcp.add(socket);
      socket.on('error', () => {}); // 'close' follows
    }
    relay(client, upstream);
    client.on('close', () => upstream.destroy());
    upstream.on('close', () => client.destroy());
  });

  /** Requests go one by one, answers are small: each comes in one piece on loopback. */
  function relay(client: Socket, upstream: Socket): void {
    let clientPorts: number[] = [];
    let ours: UdpSocket[] = [];
    const forward = async (chunk: Buffer): Promise<void> => {
      const request = chunk.toString('latin1');
      const ports = /client_port=(\d+)-(\d+)/.exec(request);
      if (ports === null) {
        upstream.write(chunk);
        return;
      }
      clientPorts = [Number(ports[1]), Number(ports[2])];
      ours = await pair();
      const mine = ours.map((socket) => socket.address().port).join('-');
      upstream.write(request.replace(/client_port=\d+-\d+/, `client_port=${mine}`), 'latin1');
    };
    const back = async (chunk: Buffer): Promise<void> => {
      const answer = chunk.toString('latin1');
      const ports = /server_port=(\d+)-(\d+)/.exec(answer);
      if (ports === null) {
        client.write(chunk);
        return;
      }
      const near = await pair();
      for (const [i, far] of ours.entries()) {
        const toClient = near[i];
        far.on('message', (datagram) => {
          const send = (): void => toClient?.send(datagram, clientPorts[i]);
          carry(i === 0 ? fateOf(counts.pass + counts.drop + counts.twice + counts.late) : undefined, send);
        });
        toClient?.on('message', (datagram) => far.send(datagram, Number(ports[1 + i])));
      }
      const shown = near.map((socket) => socket.address().port).join('-');
      const changed = answer
        .replace(/server_port=\d+-\d+/, `server_port=${shown}`)
        .replace(/client_port=\d+-\d+/, `client_port=${clientPorts.join('-')}`);
      client.write(changed, 'latin1');
    };
    client.on('data', (chunk) => void forward(chunk));
    upstream.on('data', (chunk) => void back(chunk));
  }

  function carry(fate: Fate | undefined, send: () => void): void {
    if (fate !== undefined) counts[fate]++;
    if (fate === 'drop') return;
    if (fate === 'late') {
      setTimeout(send, LATE_MS);
      return;
    }
    send();
    if (fate === 'twice') send();
  }

  async function pair(): Promise<UdpSocket[]> {
    const sockets = [createSocket('udp4'), createSocket('udp4')];
    for (const socket of sockets) {
      socket.on('error', () => {}); // a port that is gone already
      socket.bind(0, '127.0.0.1');
      await once(socket, 'listening');
      socket.unref();
      open.udp.push(socket);
    }
    return sockets;
  }

  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    counts,
    close: async () => {
      for (const socket of open.tcp) socket.destroy();
      server.close();
      await once(server, 'close');
      for (const socket of open.udp) socket.close();
    },
  };
}
