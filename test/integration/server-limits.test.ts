import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { openTestServer, type TestServer } from '../support/test-server.ts';

describe('limits of a server', () => {
  let server: TestServer;
  const sockets: Socket[] = [];
  afterEach(async () => {
    for (const socket of sockets.splice(0)) socket.destroy();
    await server.close();
  });

  it('a body above the limit is refused, whether it tells its length or comes in chunks', async () => {
    server = await openTestServer();
    const body = JSON.stringify({ name: 'x'.repeat(2 ** 20) });
    const headers = { 'content-type': 'application/json' };
    const post = (more: Record<string, string>) =>
      server.ask('/api/v1/tokens', {
        method: 'POST',
        token: server.adminToken,
        body,
        headers: { ...headers, ...more },
      });

    const replies = await Promise.all([
      post({ 'content-length': String(body.length) }),
      post({ 'transfer-encoding': 'chunked' }),
    ]);

    for (const reply of replies) {
      expect(reply.status).toBe(413);
      expect(reply.json()).toMatchObject({ code: 'http/body-too-large' });
    }
    const metrics = (await server.ask('/metrics', { token: server.adminToken })).text;
    expect(metrics).toContain('pinhole_requests_refused_total{status="413"} 2\n');
  });

  it('takes a small body that comes in chunks', async () => {
    server = await openTestServer();
    const reply = await server.ask('/api/v1/tokens', {
      method: 'POST',
      token: server.adminToken,
      headers: { 'content-type': 'application/json', 'transfer-encoding': 'chunked' },
      body: '{"name":"x","cameras":"*","rights":["view"]}',
    });

    expect(reply.status).toBe(201);
  });

  it('too many changes from one address wait, and are told how long', async () => {
    server = await openTestServer({ limits: { writeBurst: 3, writesPerSecond: 1 } });
    const ask = () => server.ask('/whep/door', { method: 'POST', token: server.adminToken });

    const replies = [await ask(), await ask(), await ask(), await ask()];

    expect(replies.map(({ status }) => status)).toEqual([415, 415, 415, 429]);
    expect(replies[3]?.headers['retry-after']).toBe('1');
    expect((await server.ask('/api/v1/me', { token: server.adminToken })).status).toBe(200);
  });

  it('too many wrong tokens from one address are not even looked at, a right one still is', async () => {
    server = await openTestServer({ limits: { failedAuthPerMinute: 3 } });
    const guess = () => server.ask('/api/v1/me', { token: 'pin_wrong' });

    const replies = [await guess(), await guess(), await guess(), await guess()];

    expect(replies.map(({ status }) => status)).toEqual([401, 401, 401, 429]);
    expect(Number(replies[3]?.headers['retry-after'])).toBeGreaterThan(0);
    expect((await server.ask('/api/v1/me', { token: server.adminToken })).status).toBe(200);
  });

  it('more viewers than allowed from one address are told so', async () => {
    server = await openTestServer({ limits: { viewersPerAddress: 1 } });
    const first = server.live('door', { token: server.adminToken });
    await first.message('hello');
    const second = server.live('door', { token: server.adminToken });

    expect(await second.message('error')).toMatchObject({ code: 'session/limit' });
    expect((await second.closed).code).toBe(4429);
    first.socket.close();
    await first.closed;
  });

  it('a thousand connections that never finish leave viewers alone, newcomers come in, and all are reaped', async () => {
    server = await openTestServer({ limits: { headersTimeoutMs: 1500 } });
    const viewer = server.live('door', { token: server.adminToken });
    await viewer.message('hello');
    let frames = 0;
    viewer.socket.on('message', (_, isBinary) => {
      if (isBinary) frames++;
    });

    for (let i = 0; i < 1000; i++) {
      const socket = connect(server.port, '127.0.0.1');
      socket.on('error', () => {}); // it is thrown out, as it should be
      socket.resume();
      if (i % 2 === 0) socket.write('POST /whep/door HTTP/1.1\r\nHost: localhost\r\nX-Slow: ');
      sockets.push(socket);
    }
    const connected = sockets.filter(({ connecting }) => connecting).map((socket) => once(socket, 'connect'));
    await Promise.allSettled(connected); // some are thrown out before they know that they are in

    const framesBefore = frames;
    expect((await server.ask('/api/v1/me', { token: server.adminToken })).status).toBe(200);
    const open = () => sockets.filter((socket) => !socket.destroyed && !socket.readableEnded).length;
    await expect.poll(open, { timeout: 3000 }).toBeLessThanOrEqual(64);
    await expect.poll(open, { timeout: 10_000 }).toBe(0);
    await expect.poll(() => frames, { timeout: 5000 }).toBeGreaterThan(framesBefore + 10);
    expect(viewer.socket.readyState).toBe(viewer.socket.OPEN);
    const metrics = (await server.ask('/metrics', { token: server.adminToken })).text;
    expect(Number(/^pinhole_sockets_evicted_total (\d+)$/m.exec(metrics)?.[1])).toBeGreaterThan(900);
    expect(Number(/^pinhole_sockets_open (\d+)$/m.exec(metrics)?.[1])).toBeLessThan(5);
    viewer.socket.close();
    await viewer.closed;
  });
});
