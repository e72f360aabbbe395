import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { request as httpRequest, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { ServerConfigInput } from 'pinhole';
import { openTestServer, type TestServer } from './test-server.ts';

/** A server that runs, and where its recordings lie. */
export interface RecordingsServer extends TestServer {
  /** The folders of the cameras are below it. */
  readonly root: string;
  /** One figure of `/metrics`; 0 where there is none yet. */
  metric(name: string): Promise<number>;
  /** Asks with a JSON body as the administrator, or as somebody else. */
  post(
    path: string,
    body: object,
    token?: string,
  ): Promise<{ status: number; body: Record<string, unknown> }>;
  get(path: string, token?: string): Promise<Record<string, unknown>>;
  /** All bytes of an answer, of the address as it is written: nothing in it is made straight. */
  download(path: string, headers?: Readonly<Record<string, string>>): Promise<Downloaded>;
}

/** An answer with bytes. */
export interface Downloaded {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly bytes: Uint8Array;
}

/** Starts a server whose recordings lie in a folder of their own; `fill` puts some there before. `close` removes all. */
export async function openRecordingsServer(
  config: ServerConfigInput & { readonly recordings?: object } = {},
  fill: (root: string) => Promise<void> = () => Promise.resolve(),
): Promise<RecordingsServer> {
  const root = await mkdtemp(join(tmpdir(), 'pinhole-recordings-'));
  await fill(root);
  const server = await openTestServer({
    ...config,
    recordings: { root, keepFreeMegabytes: 0, ...config.recordings },
  });
  const asAdmin = { token: server.adminToken };
  return {
    ...server,
    get adminToken() {
      return server.adminToken;
    },
    root,
    metric: async (name) => {
      const lines = (await server.ask('/metrics', asAdmin)).text.split('\n');
      return Number(
        lines
          .find((line) => line.startsWith(`${name} `))
          ?.split(' ')
          .at(-1) ?? 0,
      );
    },
    post: async (path, body, token = server.adminToken) => {
      const headers = { 'content-type': 'application/json' };
      const reply = await server.ask(path, { method: 'POST', token, headers, body: JSON.stringify(body) });
      return { status: reply.status, body: reply.json() };
    },
    get: async (path, token = server.adminToken) => {
      const reply = await server.ask(path, { token });
      if (reply.status !== 200) throw new Error(`${path}: ${reply.status} ${reply.text}`);
      return reply.json();
    },
    download: async (path, headers = {}) => {
      const response = await openDownload(server.port, path, { token: server.adminToken, headers });
      const parts: Uint8Array[] = [];
      for await (const part of response) parts.push(part as Buffer);
      return { status: response.statusCode ?? 0, headers: response.headers, bytes: Buffer.concat(parts) };
    },
    close: async () => {
      await server.close();
      await rm(root, { recursive: true, force: true });
    },
  };
}

/** Begins to download on a connection of its own; nothing is read of the body yet. */
export function openDownload(
  port: number,
  path: string,
  { token, headers = {} }: { readonly token: string; readonly headers?: Readonly<Record<string, string>> },
): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(
      {
        host: '127.0.0.1',
        port,
        path,
        agent: false,
        headers: { authorization: `Bearer ${token}`, ...headers },
      },
      resolve,
    );
    request.on('error', reject);
    request.end();
  });
}

/** Reads to the end, or until the connection breaks. @returns how many bytes came, and whether these were all */
export async function readAll(response: IncomingMessage): Promise<{ bytes: number; whole: boolean }> {
  let bytes = 0;
  try {
    for await (const part of response) bytes += (part as Buffer).byteLength;
  } catch {
    return { bytes, whole: false };
  }
  return { bytes, whole: response.complete };
}

/** Puts a file below the folder of a camera. */
export async function putFile(root: string, path: string, bytes: Uint8Array): Promise<void> {
  await mkdir(dirname(join(root, path)), { recursive: true });
  await writeFile(join(root, path), bytes);
}
