import {
  createServer,
  type IncomingMessage,
  type Server,
  type ServerResponse,
  STATUS_CODES,
} from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { getRequestListener, type HttpBindings } from '@hono/node-server';
import { PinholeError } from '@pinhole/core';
import type { KeyPair } from '../tls/certificate.ts';
import type { Refusals } from './refusals.ts';
import type { RequestDeadlines } from './request-deadlines.ts';
import type { SocketGuard } from './socket-guard.ts';

/** What listens. */
export interface ListenerOptions {
  readonly address: string;
  /** 0 for any free one. */
  readonly port: number;
  readonly tls?: KeyPair | undefined;
  readonly fetch: (request: Request, env: HttpBindings) => Response | Promise<Response>;
  /** Takes a connection that asks to become a WebSocket; must answer or destroy it. */
  readonly upgrade: (request: IncomingMessage, socket: Duplex, head: Buffer) => void;
  readonly sockets: SocketGuard;
  readonly refusals: Refusals;
  readonly deadlines: RequestDeadlines;
  readonly limits: {
    readonly connections: number;
    readonly headersTimeoutMs: number;
  };
}

/** A server that listens. */
export interface Listener {
  /** The real one. */
  readonly port: number;
  /** Stops accepting, lets running requests finish for `graceMs`, then ends them. */
  close(options: { readonly graceMs: number }): Promise<void>;
}

/** A kept connection that is idle for longer is closed. */
const KEEP_ALIVE_MS = 15_000;
/** How often slow senders are looked for. */
const CHECK_INTERVAL_MS = 500;
const MAX_HEADER_BYTES = 16_384;
/** How Node names a request that does not arrive in time. */
const TOO_SLOW = 'ERR_HTTP_REQUEST_TIMEOUT';

/**
 * Listens for HTTP, or HTTPS when a key pair is given.
 * @throws {PinholeError} `http/port-in-use`, `http/port-forbidden`, `http/address`, `tls/unusable`
 */
export async function openListener(options: ListenerOptions): Promise<Listener> {
  const server = createFor(options);
  server.maxConnections = options.limits.connections;
  // WebSockets leave Node's own list of connections, so one of ours is needed to end them all.
  const open = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    open.add(socket);
    socket.once('close', () => open.delete(socket));
    options.sockets.add(socket);
  });
  server.on('upgrade', options.upgrade);
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    const status = refuse(error, socket);
    if (status !== undefined) options.refusals.note(status);
  });
  await listen(server, options);
  return {
    port: (server.address() as AddressInfo).port,
    close: ({ graceMs }) => closeServer(server, open, graceMs),
  };
}

/**
 * Answers what is no HTTP, or comes too slowly, and hangs up; Node alone would wait for the other side to do so.
 * @returns the status; undefined when nobody is there to take an answer
 */
function refuse(error: Pick<NodeJS.ErrnoException, 'code'>, socket: Duplex): number | undefined {
  if (!socket.writable) {
    socket.destroy();
    return undefined;
  }
  const status = error.code === TOO_SLOW ? 408 : error.code === 'HPE_HEADER_OVERFLOW' ? 431 : 400;
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nConnection: close\r\n\r\n`, () =>
    socket.destroy(),
  );
  return status;
}

function createFor({ fetch, tls, limits, deadlines, refusals }: ListenerOptions): Server {
  const listener = getRequestListener((request, env) => fetch(request, env as HttpBindings), {
    overrideGlobalObjects: false,
  });
  const settings = {
    headersTimeout: limits.headersTimeoutMs,
    requestTimeout: 0, // see RequestDeadlines
    keepAliveTimeout: KEEP_ALIVE_MS,
    connectionsCheckingInterval: CHECK_INTERVAL_MS,
    maxHeaderSize: MAX_HEADER_BYTES,
  };
  const serve = (request: IncomingMessage, response: ServerResponse): void => {
    deadlines.watch(request, response, () => {
      if (response.headersSent) request.socket.destroy();
      else refusals.note(refuse({ code: TOO_SLOW }, request.socket) ?? 408);
    });
    void listener(request, response);
  };
  if (tls === undefined) return createServer(settings, serve);
  try {
    return createTlsServer(
      { ...settings, ...tls, minVersion: 'TLSv1.2', handshakeTimeout: limits.headersTimeoutMs },
      serve,
    );
  } catch (cause) {
    throw new PinholeError(
      'tls/unusable',
      'the certificate and the key cannot be used together; check both files',
      { cause },
    );
  }
}

function listen(server: Server, { address, port }: ListenerOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => reject(listenError(cause, address, port)));
    server.listen({ host: address === 'localhost' ? '127.0.0.1' : address, port }, () => {
      server.removeAllListeners('error');
      // One connection that cannot be accepted is none of the others' business.
      server.on('error', () => {});
      resolve();
    });
  });
}

function listenError(cause: NodeJS.ErrnoException, address: string, port: number): PinholeError {
  switch (cause.code ?? '') {
    case 'EADDRINUSE':
      return new PinholeError(
        'http/port-in-use',
        `port ${port} of ${address} is in use, perhaps by another pinhole. Stop that one, or choose another: --port 0 takes any free one`,
        { cause },
      );
    case 'EACCES':
      return new PinholeError(
        'http/port-forbidden',
        `port ${port} may not be used by this account. Choose one from 1024 on: --port 8080`,
        { cause },
      );
    default:
      return new PinholeError(
        'http/address',
        `cannot listen on "${address}": ${cause.message}. Name an address of this machine, or 0.0.0.0 for all: --listen 0.0.0.0`,
        { cause },
      );
  }
}

function closeServer(server: Server, open: ReadonlySet<Socket>, graceMs: number): Promise<void> {
  return new Promise((resolve) => {
    const force = setTimeout(() => {
      for (const socket of open) socket.destroy();
    }, graceMs);
    server.close(() => {
      clearTimeout(force);
      resolve();
    });
    server.closeIdleConnections();
  });
}
