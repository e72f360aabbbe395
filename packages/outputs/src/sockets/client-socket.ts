import { WebSocket } from 'ws';

/** Where a WebSocket goes, and what may come of it. */
export interface ClientSocketOptions {
  /** `ws:` or `wss:`. */
  readonly url: string;
  readonly subprotocol: string;
  /** A longer message ends the connection. */
  readonly maxMessageBytes: number;
  /** `any`: one that nobody vouches for will do; TLS then keeps listeners out, no more. */
  readonly certificate: 'checked' | 'any';
}

/** Why a WebSocket is over, as far as that is known. */
export interface ClientSocketEnd {
  /** HTTP status with which the server refused to become one. */
  readonly status?: number;
  /** Node's code of what went wrong, e.g. `ECONNREFUSED`. */
  readonly nodeCode?: string;
  /** With which the server closed. */
  readonly closeCode?: number;
}

/** What somebody does with what one brings. */
export interface ClientSocketHandlers {
  readonly opened: () => void;
  readonly text: (message: string) => void;
  /** Called once, also after `close`. */
  readonly closed: (end: ClientSocketEnd) => void;
}

/** A WebSocket that was opened from here. */
export interface ClientSocket {
  /** Sends text; what is no longer, or not yet, open loses it. */
  send(text: string): void;
  /** Says goodbye; the connection is gone soon, whatever the other side does. */
  close(): void;
}

const HANDSHAKE_MS = 10_000;
/** How long the other side may take over its goodbye. */
const GOODBYE_MS = 1_000;

/** Opens a WebSocket to a server. */
export function openClientSocket(options: ClientSocketOptions, handlers: ClientSocketHandlers): ClientSocket {
  const { url, subprotocol, maxMessageBytes, certificate } = options;
  let end: ClientSocketEnd = {};
  const socket = new WebSocket(url, subprotocol, {
    maxPayload: maxMessageBytes,
    perMessageDeflate: false,
    handshakeTimeout: HANDSHAKE_MS,
    followRedirects: false,
    rejectUnauthorized: certificate === 'checked',
  });
  socket.on('unexpected-response', (request, response) => {
    end = { ...(response.statusCode !== undefined && { status: response.statusCode }) };
    request.destroy();
    socket.terminate();
  });
  socket.on('error', (error: NodeJS.ErrnoException) => {
    // `close` follows.
    if (end.status === undefined && error.code !== undefined) end = { nodeCode: error.code };
  });
  socket.on('open', () => handlers.opened());
  socket.on('message', (payload, isBinary) => {
    if (!isBinary) handlers.text((payload as Buffer).toString());
  });
  socket.on('close', (closeCode) => handlers.closed({ ...end, closeCode }));
  return {
    send: (text) => {
      if (socket.readyState === WebSocket.OPEN) socket.send(text);
    },
    close: () => {
      socket.close();
      setTimeout(() => socket.terminate(), GOODBYE_MS).unref();
    },
  };
}
