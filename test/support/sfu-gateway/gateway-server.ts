import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';

/** The address of a scripted gateway; what stands behind it is a page. */
export interface GatewayServer {
  /** An empty page. */
  readonly pageUrl: string;
  /** Another one, which may not use the microphone. */
  readonly mutePageUrl: string;
  /** For viewers. */
  readonly url: string;
  /** For the gateway's page. */
  readonly insideUrl: string;
  close(): Promise<void>;
}

/** Passes on what one viewer and the gateway's page say to each other. */
export async function startGatewayServer(): Promise<GatewayServer> {
  const server = createServer(({ url }, response) => {
    if (url === '/mute') response.setHeader('permissions-policy', 'microphone=()');
    response.setHeader('content-type', 'text/html').end('<!doctype html><title>gateway</title>');
  });
  const sockets = new WebSocketServer({ server });
  let inside: WebSocket | undefined;
  let viewer: WebSocket | undefined;
  sockets.on('connection', (socket, request) => {
    const { pathname, search } = new URL(request.url ?? '/', 'http://localhost');
    if (pathname === '/inside') {
      inside = socket;
      socket.on('message', (text: Buffer) => viewer?.send(text.toString()));
    } else if (pathname === '/rtc') {
      viewer = socket;
      inside?.send(JSON.stringify({ action: 'hello', message: search }));
      socket.on('message', (text: Buffer) => inside?.send(text.toString()));
    } else socket.close();
  });
  server.listen(0, 'localhost');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    pageUrl: `http://localhost:${port}/`,
    mutePageUrl: `http://localhost:${port}/mute`,
    url: `ws://localhost:${port}`,
    insideUrl: `ws://localhost:${port}/inside`,
    async close() {
      for (const socket of sockets.clients) socket.terminate();
      sockets.close();
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
