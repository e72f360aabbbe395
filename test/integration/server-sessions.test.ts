import { spawnSync } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PROGRAM } from '../support/program.ts';
import { endViewers, RtpViewer } from '../support/rtp-viewer.ts';
import { openTestServer, type TestServer } from '../support/test-server.ts';

describe('open sessions', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await openTestServer();
  });
  afterAll(async () => {
    await server.close();
    endViewers();
  });

  const watch = async (token: string) => {
    const viewer = server.live('door', { token });
    await viewer.message('hello');
    return viewer;
  };

  it('end when their token is revoked by REST, and nobody else is disturbed', async () => {
    const doomed = await server.token({ cameras: ['door'], rights: ['view'] });
    const [viewer, other] = await Promise.all([watch(doomed.token), watch(server.adminToken)]);

    const reply = await server.ask(`/api/v1/tokens/${doomed.id}`, {
      method: 'DELETE',
      token: server.adminToken,
    });

    expect(reply.status).toBe(204);
    expect(await viewer.message('bye')).toMatchObject({ code: 'revoked' });
    expect((await viewer.closed).code).toBe(4403);
    expect((await server.ask(`/api/v1/me?token=${doomed.token}`)).status).toBe(401);
    expect(other.socket.readyState).toBe(other.socket.OPEN);
    other.socket.close();
  });

  it('end when their token is revoked by the command line in another process', async () => {
    const doomed = await server.token({ cameras: ['door'], rights: ['view'] });
    const viewer = await watch(doomed.token);

    const { status, stderr } = pinhole('token', 'revoke', doomed.id, '--data', server.dataFolder);

    expect(stderr).toBe('');
    expect(status).toBe(0);
    expect((await viewer.closed).code).toBe(4403);
  });

  it("end when the admin's own token is replaced by the command line", async () => {
    const old = server.adminToken;
    const viewer = await watch(old);

    pinhole('token', 'revoke', 'admin', '--data', server.dataFolder);

    expect((await viewer.closed).code).toBe(4403);
    expect(server.adminToken).not.toBe(old);
    expect((await server.ask('/api/v1/me', { token: server.adminToken })).status).toBe(200);
  });

  it('by WebRTC end with their token as well, while the viewer of another token goes on', async () => {
    const doomed = await server.token({ cameras: ['door'], rights: ['view'] });
    const watchByWhep = async (token: string) => {
      const viewer = new RtpViewer();
      let location = '';
      await viewer.connect(async (offer) => {
        const headers = { 'content-type': 'application/sdp' };
        const reply = await server.ask('/whep/door', { method: 'POST', token, headers, body: offer });
        expect(reply.status).toBe(201);
        location = reply.headers.location ?? '';
        return reply.text;
      });
      return { viewer, location };
    };
    const [one, other] = [await watchByWhep(doomed.token), await watchByWhep(server.adminToken)];
    await expect
      .poll(() => Math.min(one.viewer.packets.length, other.viewer.packets.length))
      .toBeGreaterThan(0);
    // Pictures come before the channel is open, by which the goodbye is said.
    await expect.poll(() => one.viewer.messages.length, { timeout: 5000 }).toBeGreaterThan(0);
    const { sessions } = (await server.ask('/api/v1/sessions', { token: server.adminToken })).json();
    expect(sessions).toContainEqual(
      expect.objectContaining({
        transport: 'webrtc',
        tokenId: doomed.id,
        webrtc: expect.objectContaining({ nacksReceived: 0 }),
      }),
    );

    await server.ask(`/api/v1/tokens/${doomed.id}`, { method: 'DELETE', token: server.adminToken });

    const status = async (location: string) =>
      (await server.ask(location, { token: server.adminToken })).status;
    expect([await status(one.location), await status(other.location)]).toEqual([404, 204]);
    await expect.poll(() => one.viewer.states.at(-1), { timeout: 5000 }).toBe('closed');
    expect(one.viewer.messages.map((text) => JSON.parse(text) as unknown)).toContainEqual({
      type: 'bye',
      code: 'revoked',
      reason: 'the token was revoked; sign in again',
    });
    const last = one.viewer.packets.length;
    const received = other.viewer.packets.length;
    await expect.poll(() => other.viewer.packets.length).toBeGreaterThan(received + 5);
    expect(one.viewer.packets.length - last).toBeLessThan(3);
    expect((await server.ask(other.location, { method: 'DELETE', token: doomed.token })).status).toBe(401);
    expect((await server.ask(other.location, { method: 'DELETE', token: server.adminToken })).status).toBe(
      200,
    );
    one.viewer.close();
    other.viewer.close();
  });

  it('end when their token expires', async () => {
    const brief = await server.token({ cameras: ['door'], rights: ['view'], expiresIn: '1s' });
    const viewer = await watch(brief.token);

    expect((await viewer.closed).code).toBe(4401);
    const reply = await server.ask('/api/v1/me', { token: brief.token });
    expect(reply.status).toBe(401);
    expect(reply.json()).toMatchObject({ code: 'auth/expired' });
  });

  it('can be listed and ended by an admin', async () => {
    const viewer = await watch(server.adminToken);
    const { sessions } = (await server.ask('/api/v1/sessions', { token: server.adminToken })).json() as {
      sessions: { id: string }[];
    };

    expect(sessions).toMatchObject([
      { camera: 'door', transport: 'websocket', tokenId: 'admin', address: '127.0.0.1' },
    ]);
    const path = `/api/v1/sessions/${sessions[0]?.id}`;
    expect((await server.ask(path, { method: 'DELETE', token: server.adminToken })).status).toBe(204);
    expect((await viewer.closed).code).toBe(4403);
    expect((await server.ask(path, { method: 'DELETE', token: server.adminToken })).status).toBe(404);
  });

  it('take a token that the command line made while the server runs', async () => {
    const made = pinhole(
      'token',
      'create',
      '--cameras',
      'door',
      '--rights',
      'view',
      '--name',
      'phone',
      '--data',
      server.dataFolder,
    );
    const token = made.stdout.split('\n', 1)[0] ?? '';

    await expect.poll(async () => (await server.ask('/api/v1/me', { token })).status).toBe(200);
    expect(pinhole('token', 'list', '--data', server.dataFolder).stdout).toMatch(
      /view +door +until revoked +phone/,
    );
  });
});

function pinhole(...words: string[]) {
  return spawnSync(process.execPath, [...PROGRAM, ...words], {
    encoding: 'utf8',
    env: { ...process.env, NODE_OPTIONS: '' },
  });
}
