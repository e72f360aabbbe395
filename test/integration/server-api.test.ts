import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openTestServer, type TestServer } from '../support/test-server.ts';

const JSON_BODY = { 'content-type': 'application/json' };

describe('the REST side', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await openTestServer();
  });
  afterAll(() => server.close());

  const ask = (path: string, method = 'GET', body?: unknown) =>
    server.ask(path, {
      method,
      token: server.adminToken,
      ...(body !== undefined && { headers: JSON_BODY, body: JSON.stringify(body) }),
    });

  it('describes every route that it mounts', async () => {
    const { paths } = (await ask('/api/v1/openapi.json')).json() as {
      paths: Record<string, Record<string, unknown>>;
    };
    const described = Object.entries(paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
    );

    const mounted = server.routes
      .filter(({ path, method }) => path.startsWith('/api/') && method !== 'ALL')
      .map(({ path, method }) => `${method} ${path.replace(/^\/api\/v1/, '').replace(/:(\w+)/g, '{$1}')}`)
      .filter((route) => route !== 'GET /openapi.json');

    expect(described.length).toBeGreaterThan(9);
    expect(new Set(described)).toEqual(new Set(mounted));
  });

  it('describes every answer, problems included', async () => {
    const document = (await ask('/api/v1/openapi.json')).json() as {
      paths: Record<string, Record<string, { summary?: string; responses: Record<string, unknown> }>>;
    };

    for (const [path, methods] of Object.entries(document.paths)) {
      for (const [method, { summary, responses }] of Object.entries(methods)) {
        expect(summary, `${method} ${path}`).toBeTruthy();
        expect(Object.keys(responses), `${method} ${path}`).toEqual(
          expect.arrayContaining(['401', '403', '429']),
        );
      }
    }
  });

  it('tells what a camera is, before and while it is watched', async () => {
    const idle = (await ask('/api/v1/cameras/door')).json();
    const viewer = server.live('door', { token: server.adminToken });
    await viewer.message('config');
    const live = (await ask('/api/v1/cameras/door')).json();
    viewer.socket.close();

    expect(idle).toMatchObject({
      id: 'door',
      state: { kind: 'idle' },
      viewers: 0,
      source: { kind: 'synthetic' },
    });
    expect(live).toMatchObject({
      state: { kind: 'live' },
      viewers: 1,
      parameters: { width: 320, height: 240, codec: expect.stringMatching(/^avc1\.42/), bFrames: false },
    });
    expect(new Date(String(live['lastCaptureTime'])).getFullYear()).toBeGreaterThan(2020);
  });

  it('shows controls, changes one, and refuses what it cannot be', async () => {
    const { controls } = (await ask('/api/v1/cameras/door/controls')).json() as {
      controls: { id: string; kind: string; options?: { value: string }[] }[];
    };
    const menu = controls.find(({ kind }) => kind === 'menu');
    const path = `/api/v1/cameras/door/controls/${menu?.id}`;

    const replies = await Promise.all([
      ask(path, 'PUT', { value: menu?.options?.[0]?.value }),
      ask(path, 'PUT', { value: 'no-such-thing' }),
      ask(path, 'PUT', { valeu: 1 }),
      ask('/api/v1/cameras/door/controls/nope', 'PUT', { value: 1 }),
    ]);

    expect(replies.map(({ status }) => status)).toEqual([200, 422, 422, 404]);
    expect(replies[1]?.json()).toMatchObject({ code: 'control/not-a-choice' });
  });

  it('tells in words what is wrong with a body', async () => {
    const wrong = await ask('/api/v1/tokens', 'POST', {
      name: 'x',
      cameras: ['door'],
      rights: ['veiw'],
      more: 1,
    });
    const broken = await server.ask('/api/v1/tokens', {
      method: 'POST',
      token: server.adminToken,
      headers: JSON_BODY,
      body: '{"name":',
    });

    expect(wrong.status).toBe(422);
    expect(wrong.headers['content-type']).toBe('application/problem+json');
    expect(wrong.json()).toMatchObject({ code: 'api/invalid', detail: expect.stringContaining('rights.0') });
    expect(broken.status).toBe(400);
    expect(broken.headers['content-type']).toBe('application/problem+json');
  });

  it('is not moved by keys that every object has', async () => {
    const reply = await server.ask('/api/v1/tokens', {
      method: 'POST',
      token: server.adminToken,
      headers: JSON_BODY,
      body: '{"__proto__":{"admin":true},"name":"x","cameras":"*","rights":["view"]}',
    });

    expect([201, 422]).toContain(reply.status);
    expect(Object.getOwnPropertyDescriptor(Object.prototype, 'admin')).toBeUndefined();
  });

  it('shows figures for Prometheus', async () => {
    const { text, headers } = await ask('/metrics');

    expect(headers['content-type']).toContain('version=0.0.4');
    for (const line of text.trim().split('\n')) {
      expect(line).toMatch(/^(?:# (?:HELP|TYPE) \w+ .+|\w+(?:\{[^}]*\})? -?[\d.e+-]+)$/);
    }
    for (const name of [
      'frames_per_second',
      'bits_per_second',
      'viewers',
      'drops_total',
      'key_frame_requests_total',
      'first_frame_seconds',
      'state',
    ]) {
      expect(text).toContain(`pinhole_camera_${name}{camera="door"`);
    }
    expect(text).toMatch(/^pinhole_event_loop_delay_seconds\{quantile="0.99"\} /m);
  });

  it('answers what it does not have with words', async () => {
    const reply = await ask('/api/v1/nothing');

    expect(reply.status).toBe(404);
    expect(reply.json()).toMatchObject({
      code: 'http/not-found',
      detail: expect.stringContaining('/api/v1/nothing'),
    });
  });
});
