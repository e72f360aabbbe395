import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openTestServer, type TestServer } from '../support/test-server.ts';

const HOME = 'https://home.example';

describe('requests that a browser sends for a foreign page', () => {
  let server: TestServer;
  let host: string;
  beforeAll(async () => {
    server = await openTestServer({ origins: HOME, anonymous: ['view', 'control'] });
    host = `localhost:${server.port}`;
  });
  afterAll(() => server.close());

  it('are refused when a name was made to point here', async () => {
    const reply = await server.ask('/api/v1/cameras', { headers: { host: `evil.example:${server.port}` } });

    expect(reply.status).toBe(421);
    expect(reply.json()).toMatchObject({
      code: 'http/host',
      detail: expect.stringContaining('evil.example'),
    });
  });

  it.each(['POST', 'PUT', 'PATCH', 'DELETE'])(
    'are refused when they change something: %s',
    async (method) => {
      const reply = await server.ask('/whep/door', { method, headers: { origin: 'https://evil.example' } });

      expect(reply.status).toBe(403);
      expect(reply.json()).toMatchObject({ code: 'http/origin' });
      expect(reply.headers['access-control-allow-origin']).toBeUndefined();
    },
  );

  it.each(['https://evil.example', 'null'])('may not open a WebSocket: %s', async (origin) => {
    const viewer = server.live('door', { headers: { origin } });

    expect((await viewer.closed).status).toBe(403);
  });

  it('may open one from our own page and from an allowed one', async () => {
    for (const origin of [`http://127.0.0.1:${server.port}`, HOME]) {
      const viewer = server.live('door', { headers: { origin } });
      expect(await viewer.message('hello')).toMatchObject({ camera: 'door' });
      viewer.socket.close();
      await viewer.closed;
    }
  });

  it('cannot be read by a page that is not allowed', async () => {
    const reply = await server.ask('/api/v1/cameras', { headers: { origin: 'https://evil.example' } });

    expect(reply.headers['access-control-allow-origin']).toBeUndefined();
    expect(reply.headers['cross-origin-resource-policy']).toBe('same-origin');
    expect(reply.headers.vary).toContain('Origin');
  });

  it('can be read by a page that is allowed', async () => {
    const reply = await server.ask('/api/v1/cameras', { headers: { origin: HOME } });

    expect(reply.headers['access-control-allow-origin']).toBe(HOME);
    expect(reply.headers['cross-origin-resource-policy']).toBe('cross-origin');
  });

  it.each([
    ['/api/v1/cameras', 204],
    ['/whep/door', 200],
  ])('may be asked about beforehand, without a token: %s', async (path, status) => {
    const preflight = (origin: string) =>
      server.ask(path, { method: 'OPTIONS', headers: { origin, 'access-control-request-method': 'POST' } });

    const allowed = await preflight(HOME);
    const foreign = await preflight('https://evil.example');

    expect(allowed.status).toBe(status);
    expect(allowed.headers['access-control-allow-origin']).toBe(HOME);
    expect(allowed.headers['access-control-allow-headers']).toContain('Authorization');
    expect(foreign.headers['access-control-allow-origin']).toBeUndefined();
  });

  it('find headers on every response that keep foreign code, frames and eyes out', async () => {
    for (const path of ['/', '/health', '/api/v1/cameras', '/nothing.js', '/whep/nope']) {
      const { headers } = await server.ask(path, { headers: { host } });

      expect(headers['content-security-policy']).toMatch(
        /default-src 'none'.*script-src 'self';.*frame-ancestors 'none'/,
      );
      expect(headers['content-security-policy']).not.toContain('unsafe');
      expect(headers).toMatchObject({
        'x-content-type-options': 'nosniff',
        'referrer-policy': 'no-referrer',
        'cross-origin-opener-policy': 'same-origin',
        'permissions-policy': expect.stringContaining('camera=()'),
      });
    }
  });

  it('may use this device as a camera only where there are rooms to show it in, and are told of them', async () => {
    const withRooms = await openTestServer({ rooms: { mode: 'strict', names: ['cctv'] } });
    const policyOf = async (asked: TestServer): Promise<unknown> =>
      (await asked.ask('/', { headers: { host: `localhost:${asked.port}` } })).headers['permissions-policy'];
    const roomsOf = async (asked: TestServer): Promise<unknown> =>
      (await asked.ask('/api/v1/me', { token: asked.adminToken })).json()['rooms'];

    try {
      expect(await policyOf(server)).toContain('camera=(), microphone=()');
      expect(await policyOf(withRooms)).toContain('camera=(self), microphone=(self)');
      expect(await roomsOf(server)).toEqual({ mode: 'off', names: [] });
      expect(await roomsOf(withRooms)).toEqual({ mode: 'strict', names: ['cctv'] });
    } finally {
      await withRooms.close();
    }
  });

  it('get nothing from outside the web app', async () => {
    for (const path of [
      '/../../package.json',
      '/..%2f..%2fpackage.json',
      '/assets/../../../package.json',
      '/.git/config',
      '//etc/passwd',
    ]) {
      const reply = await server.ask(path);

      expect(reply.text).not.toContain('"workspaces"');
      expect(reply.text).not.toContain('root:');
    }
  });
});
