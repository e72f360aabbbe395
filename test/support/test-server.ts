import { mkdtemp, rm } from 'node:fs/promises';
import { request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLog, type MediaParts, type RunningServer, type ServerConfigInput, startServer } from 'pinhole';
import { WebSocket } from 'ws';

/** What came back, read to its end. */
export interface Reply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  /** The body as JSON. */
  json(): Record<string, unknown>;
}

/** How to ask. */
export interface Asking {
  readonly method?: string;
  readonly token?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Status and headers are enough, as the body has no end. */
  readonly headOnly?: boolean;
}

/** A WebSocket as a test sees it. */
export interface LiveSocket {
  /** All text messages so far. */
  readonly messages: Record<string, unknown>[];
  readonly socket: WebSocket;
  /** Resolves when the connection is gone. */
  readonly closed: Promise<{ readonly code: number; readonly status?: number }>;
  /** Resolves with the first message of that type, at once when it came already. */
  message(type: string): Promise<Record<string, unknown>>;
}

/** A server inside the test's process, with small cameras and a data folder of its own. */
export interface TestServer extends RunningServer {
  readonly dataFolder: string;
  /** All log lines so far. */
  logged(): string;
  ask(path: string, asking?: Asking): Promise<Reply>;
  /** Makes a token by REST. */
  token(request: {
    cameras: '*' | string[];
    rights: string[];
    expiresIn?: string;
  }): Promise<{ id: string; token: string }>;
  /** Opens `/live/{camera}` as our own client does. */
  live(
    camera: string,
    options?: { token?: string; headers?: Record<string, string>; plain?: true },
  ): LiveSocket;
}

/** Two small cameras. */
const TWO_CAMERAS = { door: 'synthetic:320x240@15', hall: 'synthetic:320x240@15' };

/** All viewers at any free port, unless told otherwise. */
const anyPort = (webrtc: ServerConfigInput['webrtc'] = {}): ServerConfigInput['webrtc'] =>
  webrtc.portRange === undefined ? { port: 0, ...webrtc } : webrtc;

/** Starts a server on an ephemeral port; `close` removes its data. */
export async function openTestServer(
  config: ServerConfigInput = {},
  parts: Partial<MediaParts> = {},
): Promise<TestServer> {
  const dataFolder = await mkdtemp(join(tmpdir(), 'pinhole-server-'));
  let lines = '';
  const server = await startServer({
    config: { port: 0, data: dataFolder, cameras: TWO_CAMERAS, ...config, webrtc: anyPort(config.webrtc) },
    parts,
    log: createLog({ level: 'debug', write: (line) => (lines += line) }),
  });
  const ask = (path: string, asking: Asking = {}) => send(server.port, path, asking);
  return {
    url: server.url,
    port: server.port,
    mqttPort: server.mqttPort,
    janusPorts: server.janusPorts,
    get adminToken() {
      return server.adminToken;
    },
    routes: server.routes,
    dataFolder,
    logged: () => lines,
    ask,
    token: async (request) => {
      const body = JSON.stringify({ name: 'test', ...request });
      const headers = { 'content-type': 'application/json' };
      const reply = await ask('/api/v1/tokens', { method: 'POST', token: server.adminToken, headers, body });
      if (reply.status !== 201) throw new Error(reply.text);
      return reply.json() as { id: string; token: string };
    },
    live: (camera, options = {}) => openLive(server.port, camera, options),
    close: async () => {
      await server.close();
      await rm(dataFolder, { recursive: true, force: true });
    },
  };
}

function send(port: number, path: string, asking: Asking): Promise<Reply> {
  const { method = 'GET', token, headers = {}, body, headOnly } = asking;
  const authorization = token === undefined ? {} : { authorization: `Bearer ${token}` };
  return new Promise((resolve, reject) => {
    const request = httpRequest(
      { host: '127.0.0.1', port, path, method, headers: { ...authorization, ...headers }, agent: false },
      (response) => {
        const parts: Buffer[] = [];
        const finish = () => {
          const text = Buffer.concat(parts).toString();
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            text,
            json: () => JSON.parse(text) as Record<string, unknown>,
          });
        };
        if (headOnly) {
          finish();
          response.on('error', () => {}); // ours: it has no end, so we end it
          request.destroy();
          return;
        }
        response.on('data', (part: Buffer) => parts.push(part));
        response.on('end', finish);
        response.on('error', reject);
      },
    );
    request.on('error', reject);
    request.end(body);
  });
}

function openLive(
  port: number,
  camera: string,
  { token, headers = {}, plain }: { token?: string; headers?: Record<string, string>; plain?: true },
): LiveSocket {
  const protocols = plain ? [] : ['pinhole.live.v1', ...(token === undefined ? [] : [`bearer.${token}`])];
  const socket = new WebSocket(`ws://127.0.0.1:${port}/live/${camera}`, protocols, { headers });
  const messages: Record<string, unknown>[] = [];
  const waiting: { type: string; resolve: (message: Record<string, unknown>) => void }[] = [];
  socket.on('message', (payload: Buffer, isBinary: boolean) => {
    if (isBinary) return;
    const message = JSON.parse(payload.toString()) as Record<string, unknown>;
    messages.push(message);
    for (const { type, resolve } of waiting) if (message['type'] === type) resolve(message);
  });
  let status: number | undefined;
  socket.on('unexpected-response', (_request, response) => {
    status = response.statusCode;
    response.resume();
    socket.terminate();
  });
  socket.on('error', () => {}); // `close` follows
  const closed = new Promise<{ code: number; status?: number }>((resolve) => {
    socket.on('close', (code) => resolve({ code, ...(status !== undefined && { status }) }));
  });
  return {
    messages,
    socket,
    closed,
    message: (type) =>
      new Promise((resolve) => {
        const known = messages.find((message) => message['type'] === type);
        if (known) resolve(known);
        else waiting.push({ type, resolve });
      }),
  };
}
