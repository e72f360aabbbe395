import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join, normalize } from 'node:path';

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
};

/** Somebody's own web server, with pages that show cameras. */
export interface PageServer {
  readonly origin: string;
  /** Headers of every answer from now on. */
  setHeaders(headers: Readonly<Record<string, string>>): void;
  close(): Promise<void>;
}

/** Serves a folder on an ephemeral port. */
export async function openPageServer(folder: string): Promise<PageServer> {
  let headers: Readonly<Record<string, string>> = {};
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://localhost');
    const path = join(folder, normalize(pathname));
    // Browsers ask for an icon, and complain on the console where there is none.
    const file = pathname === '/favicon.ico' ? Promise.resolve('') : readFile(path);
    file.then(
      (body) => response.writeHead(200, { ...headers, 'content-type': TYPES[extname(path)] ?? '' }).end(body),
      () => response.writeHead(404).end(),
    );
  });
  server.listen(0, 'localhost');
  await once(server, 'listening');
  return {
    origin: `http://localhost:${(server.address() as AddressInfo).port}`,
    setHeaders: (more) => {
      headers = more;
    },
    close: () => closed(server),
  };
}

function closed(server: Server): Promise<void> {
  server.closeAllConnections();
  return new Promise((resolve) => server.close(() => resolve()));
}
