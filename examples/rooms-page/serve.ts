/**
 * A web server for one page: `index.html`, its style, and its script with the client library in it.
 *
 *   npm run rooms-page -- --port 8090
 */
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { build, defaultClientConditions } from 'vite';

const HERE = import.meta.dirname;

/** What the page may do: its own script, no other; WebSockets to wherever the server is. */
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; connect-src ws: wss:; media-src blob:; form-action 'none'";

/** The page's script and all that it imports, in one. */
async function bundled(): Promise<string> {
  const result = await build({
    configFile: false,
    logLevel: 'silent',
    resolve: { conditions: ['@pinhole/source', ...defaultClientConditions] },
    build: {
      write: false,
      target: 'es2022',
      rolldownOptions: { input: join(HERE, 'page.ts'), output: { format: 'es' } },
    },
  });
  const output = Array.isArray(result) ? result[0] : result;
  if (!output || !('output' in output)) throw new Error('page.ts did not build');
  return output.output[0].code;
}

/** Serves the page on this machine. Browsers open cameras on https and on localhost only. */
export async function serveRoomsPage(port: number): Promise<Server> {
  const files = new Map([
    ['/', { type: 'text/html; charset=utf-8', body: await readFile(join(HERE, 'index.html'), 'utf8') }],
    ['/style.css', { type: 'text/css', body: await readFile(join(HERE, 'style.css'), 'utf8') }],
    ['/page.js', { type: 'text/javascript', body: await bundled() }],
  ]);
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://localhost');
    const file = files.get(pathname);
    const headers = { 'content-security-policy': POLICY, 'x-content-type-options': 'nosniff' };
    if (file === undefined) response.writeHead(404, headers).end();
    else response.writeHead(200, { ...headers, 'content-type': file.type }).end(file.body);
  });
  server.listen(port, 'localhost');
  await once(server, 'listening');
  return server;
}

if (process.argv[1] === import.meta.filename) {
  const { values } = parseArgs({ options: { port: { type: 'string', default: '8090' } } });
  const server = await serveRoomsPage(Number(values.port));
  console.log(`http://localhost:${(server.address() as AddressInfo).port}/`);
}
