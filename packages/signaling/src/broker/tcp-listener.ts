import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { type Logger, messageOf, PinholeError } from '@pinhole/core';
import type { Broker } from './broker.ts';
import type { BrokerDoor } from './identity.ts';
import type { BrokerPipe } from './pipe.ts';

/** How MQTT over TCP is served. */
export interface TcpListenerOptions {
  readonly broker: Broker;
  readonly address: string;
  /** 0 for any free one. */
  readonly port: number;
  /** PEM; without it, plain TCP. */
  readonly tls?: { readonly cert: string; readonly key: string } | undefined;
  /** Who decides about those who come from there. */
  readonly doorOf: (address: string) => BrokerDoor;
  /** Takes note of each new socket, before anything is read from it. */
  readonly onSocket?: (socket: Socket) => void;
  /** Whoever is behind that socket said who they are, and was let in. */
  readonly onIdentified?: (socket: Socket) => void;
  readonly log: Logger;
}

/** MQTT over TCP that listens. */
export interface TcpListener {
  /** The real one. */
  readonly port: number;
  /** Stops accepting; those who are here are the broker's to end. */
  close(): Promise<void>;
}

/** The other side may take so long over its goodbye. */
const GOODBYE_MS = 1000;
/** How often the system asks a silent side whether it is there; for MQTT 3.1.1 clients that want no keep-alive. */
const PROBE_MS = 60_000;

/**
 * Listens for MQTT over TCP, or over TLS when a key pair is given.
 * @throws {PinholeError} `mqtt/port`, `tls/unusable`
 */
export async function openTcpListener(options: TcpListenerOptions): Promise<TcpListener> {
  const { address, port } = options;
  const open = new Set<Socket>();
  const server = serverFor(options);
  server.on('connection', (socket: Socket) => {
    open.add(socket);
    socket.once('close', () => open.delete(socket));
    socket.on('error', () => socket.destroy());
    options.onSocket?.(socket);
    if (options.tls === undefined) serve(socket, options);
  });
  server.on('secureConnection', (socket: Socket) => serve(socket, options));
  server.on('tlsClientError', (_error, socket) => socket.destroy());
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause) =>
      reject(
        new PinholeError(
          'mqtt/port',
          `MQTT cannot listen on ${address}, port ${port}: ${messageOf(cause)}. Choose another one: mqtt.tcp.port`,
          { cause },
        ),
      ),
    );
    server.listen({ host: address, port }, () => {
      server.removeAllListeners('error');
      // One connection that cannot be accepted is none of the others' business.
      server.on('error', (error) => options.log.warn({ why: error.message }, 'an MQTT connection failed'));
      resolve();
    });
  });
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        const force = setTimeout(() => {
          for (const socket of open) socket.destroy();
        }, GOODBYE_MS);
        server.close(() => {
          clearTimeout(force);
          resolve();
        });
      }),
  };
}

function serverFor({ tls, broker }: TcpListenerOptions): Server {
  if (tls === undefined) return createServer({ noDelay: true });
  try {
    return createTlsServer({
      ...tls,
      minVersion: 'TLSv1.2',
      handshakeTimeout: broker.limits.connectMs,
      noDelay: true,
    });
  } catch (cause) {
    throw new PinholeError(
      'tls/unusable',
      'the certificate and the key of mqtt.tcp.tls cannot be used together; check both files',
      { cause },
    );
  }
}

function serve(socket: Socket, { broker, doorOf, onIdentified }: TcpListenerOptions): void {
  const address = plain(socket.remoteAddress ?? '');
  socket.setKeepAlive(true, PROBE_MS);
  socket.on('error', () => socket.destroy());
  try {
    broker.admit(address);
  } catch {
    socket.destroy(); // counted; MQTT has no word for it before a CONNECT
    return;
  }
  const input = broker.accept(
    pipeOf(socket, { address, identified: () => onIdentified?.(socket) }),
    doorOf(address),
  );
  socket.on('data', (chunk: Buffer) =>
    input.bytes(new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength)),
  );
  socket.on('close', () => input.closed());
}

const pipeOf = (socket: Socket, side: Pick<BrokerPipe, 'address' | 'identified'>): BrokerPipe => ({
  ...side,
  get bufferedBytes() {
    return socket.writableLength;
  },
  write: (bytes) => {
    if (socket.writable) socket.write(bytes);
  },
  end: () => {
    socket.end();
    const force = setTimeout(() => socket.destroy(), GOODBYE_MS);
    socket.once('close', () => clearTimeout(force));
  },
});

/** IPv4 as such, also where it comes over an IPv6 socket. */
const plain = (address: string): string => address.replace(/^::ffff:(?=\d+\.)/, '');
