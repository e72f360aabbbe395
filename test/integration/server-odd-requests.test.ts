import { once } from 'node:events';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, expect, it, vi } from 'vitest';
import { openTestServer, type TestServer } from '../support/test-server.ts';

let server: TestServer;
afterEach(() => server.close());

const HOST = 'Host: localhost\r\n';
const UPGRADE =
  'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n';
const CHUNKED = 'Transfer-Encoding: chunked\r\n\r\n';

/** Sends bytes, half-closes, and reads what comes back. */
async function say(bytes: string): Promise<string> {
  const socket = connect(server.port, '127.0.0.1');
  socket.end(bytes);
  return await text(socket);
}

it.each([
  ['a WebSocket at two slashes', `GET // HTTP/1.1\r\n${HOST}${UPGRADE}\r\n`, 404],
  ['a WebSocket behind two slashes', `GET //evil/live/door HTTP/1.1\r\n${HOST}${UPGRADE}\r\n`, 404],
  ['a WebSocket at what is no address', `GET http://[/live/door HTTP/1.1\r\n${HOST}${UPGRADE}\r\n`, 400],
  [
    'TRACE with a body',
    `TRACE / HTTP/1.1\r\n${HOST}Connection: close\r\n${CHUNKED}5\r\nabcde\r\n0\r\n\r\n`,
    405,
  ],
  ['a length and chunks', `POST / HTTP/1.1\r\n${HOST}Content-Length: 4\r\n${CHUNKED}0\r\n\r\n`, 400],
])('%s is the fault of who asked, not ours', async (_, request, status) => {
  server = await openTestServer();

  const answer = await say(request);

  expect(answer).toMatch(new RegExp(String.raw`^HTTP/1\.1 ${status} `));
  expect(server.logged()).not.toContain('"level":50');
});

it('a body in chunks that its sender breaks off is not logged as our fault', async () => {
  server = await openTestServer();
  const socket = connect(server.port, '127.0.0.1');
  await once(socket, 'connect');
  socket.write(`POST /api/v1/tokens HTTP/1.1\r\n${HOST}${CHUNKED}5\r\nabc`);
  await new Promise((resolve) => setTimeout(resolve, 50));
  socket.resetAndDestroy();

  await vi.waitFor(() => expect(server.logged()).toContain('"path":"/api/v1/tokens"'));
  expect(server.logged()).not.toContain('"level":50');
});
