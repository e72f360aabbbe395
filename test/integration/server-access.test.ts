import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openTestServer, type TestServer } from '../support/test-server.ts';

const JSON_BODY = { 'content-type': 'application/json' };
const SDP_BODY = { 'content-type': 'application/sdp' };

/** Every endpoint that is not open to all, with the right it takes. */
const ENDPOINTS = [
  ['GET', '/api/v1/me', 'any'],
  ['GET', '/api/v1/version', 'any'],
  ['GET', '/api/v1/cameras', 'any'],
  ['GET', '/api/v1/cameras/door', 'view'],
  ['GET', '/api/v1/cameras/door/controls', 'view'],
  ['PUT', '/api/v1/cameras/door/controls/pattern', 'control'],
  ['PATCH', '/api/v1/cameras/door/controls', 'control'],
  ['POST', '/api/v1/cameras/door/controls/reset', 'control'],
  ['POST', '/api/v1/cameras/door/controls/keep', 'control'],
  ['POST', '/api/v1/cameras/door/controls/revert', 'control'],
  ['GET', '/api/v1/cameras/door/presets', 'view'],
  ['PUT', '/api/v1/cameras/door/presets/night', 'control'],
  ['POST', '/api/v1/cameras/door/presets/night/apply', 'control'],
  ['DELETE', '/api/v1/cameras/door/presets/night', 'control'],
  ['GET', '/cameras/door/snapshot.jpg', 'view'],
  ['GET', '/cameras/door/stream.mp4', 'view'],
  ['GET', '/cameras/door/stream.h264', 'view'],
  ['GET', '/whep/door', 'view'],
  ['HEAD', '/whep/door', 'view'],
  ['POST', '/whep/door', 'view'],
  ['PATCH', '/whep/door/session', 'view'],
  ['DELETE', '/whep/door/session', 'view'],
  ['GET', '/api/v1/sessions', 'admin'],
  ['DELETE', '/api/v1/sessions/x', 'admin'],
  ['GET', '/api/v1/tokens', 'admin'],
  ['POST', '/api/v1/tokens', 'admin'],
  ['DELETE', '/api/v1/tokens/x', 'admin'],
  ['GET', '/metrics', 'admin'],
] as const;

const bodyFor = (method: string, path: string) => {
  if (path.endsWith('/presets/night') && method === 'PUT') return { headers: JSON_BODY, body: '{}' };
  if (method === 'PUT') return { headers: JSON_BODY, body: '{"value":"bars"}' };
  if (method === 'PATCH' && path.startsWith('/api'))
    return { headers: JSON_BODY, body: '{"values":{"pattern":"bars"}}' };
  if (method === 'POST')
    return path.startsWith('/whep') ? { headers: SDP_BODY, body: 'v=0' } : { headers: JSON_BODY, body: '{}' };
  return {};
};

describe('access to a server', () => {
  let server: TestServer;
  const tokens: Record<string, string> = {};
  beforeAll(async () => {
    server = await openTestServer({ limits: { failedAuthPerMinute: 1000 } });
    const make = async (name: string, request: Parameters<TestServer['token']>[0]) => {
      tokens[name] = (await server.token(request)).token;
    };
    await make('view door', { cameras: ['door'], rights: ['view'] });
    await make('view hall', { cameras: ['hall'], rights: ['view', 'control'] });
    await make('admin of door', { cameras: ['door'], rights: ['admin'] });
  });
  afterAll(() => server.close());

  const ask = (method: string, path: string, token: string | undefined) =>
    server.ask(path, {
      method,
      headOnly: true,
      ...bodyFor(method, path),
      ...(token !== undefined && { token }),
    });

  it.each(ENDPOINTS)('%s %s is closed to those without a token', async (method, path) => {
    const reply = await ask(method, path, undefined);

    expect(reply.status).toBe(401);
    expect(reply.headers['www-authenticate']).toBe('Bearer');
  });

  it.each(ENDPOINTS)('%s %s is closed to those with a wrong token', async (method, path) => {
    const reply = await server.ask(path, {
      method,
      token: 'pin_wrong',
      headOnly: true,
      ...bodyFor(method, path),
    });

    expect(reply.status).toBe(401);
  });

  it.each(ENDPOINTS.filter(([, , right]) => right === 'view' || right === 'control'))(
    "%s %s: the other camera's token finds nothing there",
    async (method, path) => {
      expect((await ask(method, path, tokens['view hall'])).status).toBe(404);
    },
  );

  it.each(ENDPOINTS)(
    '%s %s: a token that may view reaches what takes no more; this takes "%s"',
    async (method, path, right) => {
      const { status } = await ask(method, path, tokens['view door']);

      const refused = status === 401 || status === 403;
      expect(refused).toBe(right === 'control' || right === 'admin');
    },
  );

  it('admin of one camera is not admin of the server', async () => {
    expect(
      (await ask('PUT', '/api/v1/cameras/door/controls/pattern', tokens['admin of door'])).status,
    ).not.toBe(403);
    expect((await ask('GET', '/api/v1/tokens', tokens['admin of door'])).status).toBe(403);
  });

  it('answers for a camera that a token may not see as for one that does not exist', async () => {
    const hidden = await server.ask('/api/v1/cameras/hall', { token: tokens['view door'] ?? '' });
    const missing = await server.ask('/api/v1/cameras/nope', { token: tokens['view door'] ?? '' });

    expect([hidden.status, missing.status]).toEqual([404, 404]);
    expect(hidden.text.replaceAll('hall', 'nope')).toBe(missing.text);
    expect(hidden.json()).toMatchObject({ code: 'camera/unknown', title: 'Not Found' });
  });

  it('lists the cameras of the token alone', async () => {
    const { cameras } = (await server.ask('/api/v1/cameras', { token: tokens['view door'] ?? '' })).json();

    expect(cameras).toEqual([expect.objectContaining({ id: 'door', rights: ['view'] })]);
  });

  it('takes the token from the address too, for clients that cannot set a header', async () => {
    expect((await server.ask(`/api/v1/me?token=${tokens['view door']}`)).json()).toMatchObject({
      authenticated: true,
      admin: false,
      cameras: [{ id: 'door', rights: ['view'] }],
    });
  });

  it('keeps to the same rules on the WebSocket', async () => {
    const answers = await Promise.all(
      [
        server.live('door', { plain: true }),
        server.live('door', { plain: true, headers: { authorization: 'Bearer pin_wrong' } }),
        server.live('door', { plain: true, headers: { authorization: `Bearer ${tokens['view hall']}` } }),
        server.live('nope', { plain: true, headers: { authorization: `Bearer ${server.adminToken}` } }),
      ].map(({ closed }) => closed),
    );

    expect(answers.map(({ status }) => status)).toEqual([401, 401, 404, 404]);
  });

  it('tells our own client inside the WebSocket, as a page cannot read a status', async () => {
    const nobody = server.live('door');
    const wrongCamera = server.live('hall', { token: tokens['view door'] ?? '' });

    expect(await nobody.message('error')).toMatchObject({ code: 'auth/required' });
    expect((await nobody.closed).code).toBe(4401);
    expect((await wrongCamera.closed).code).toBe(4404);
  });

  it('lets a viewer in whose token may view', async () => {
    const viewer = server.live('door', { token: tokens['view door'] ?? '' });

    expect(await viewer.message('hello')).toMatchObject({ camera: 'door' });
    viewer.socket.close();
    await viewer.closed;
  });

  it.each(['/', '/health', '/ready', '/api/v1/openapi.json'])('%s is open to all', async (path) => {
    expect([200, 503]).toContain((await server.ask(path)).status);
  });

  it('tells its health in two keys', async () => {
    const { status, timestamp, ...rest } = (await server.ask('/health')).json();

    expect(status).toBe('OK');
    expect(new Date(String(timestamp)).toISOString()).toBe(timestamp);
    expect(rest).toEqual({});
  });

  it('never writes a token into its log', () => {
    const lines = server.logged();

    expect(lines).toContain('request served');
    for (const token of [server.adminToken, ...Object.values(tokens)]) expect(lines).not.toContain(token);
  });
});

describe('anonymous access', () => {
  it('gives what the configuration gives, camera by camera, and nothing more', async () => {
    const server = await openTestServer({
      cameras: {
        door: { source: 'synthetic:320x240@15', anonymous: ['view'] },
        hall: 'synthetic:320x240@15',
      },
    });
    try {
      const statuses = await Promise.all(
        ['/api/v1/cameras/door', '/api/v1/cameras/hall', '/api/v1/tokens', '/metrics'].map(
          async (path) => (await server.ask(path)).status,
        ),
      );
      const me = (await server.ask('/api/v1/me')).json();

      expect(statuses).toEqual([200, 401, 401, 401]);
      expect(me).toMatchObject({
        authenticated: false,
        admin: false,
        cameras: [{ id: 'door', rights: ['view'] }],
      });
    } finally {
      await server.close();
    }
  });

  it('holds for the network range alone', async () => {
    const server = await openTestServer({
      anonymous: [{ from: '10.0.0.0/8', rights: ['view'] }],
      trustedProxies: '127.0.0.1',
    });
    try {
      const near = await server.ask('/api/v1/me', { headers: { 'x-forwarded-for': '10.1.2.3' } });
      const far = await server.ask('/api/v1/me', { headers: { 'x-forwarded-for': '11.1.2.3' } });

      expect([near.status, far.status]).toEqual([200, 401]);
    } finally {
      await server.close();
    }
  });
});
