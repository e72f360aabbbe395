import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { micros } from '@pinhole/core';
import { NAL_TYPE, nalType } from '@pinhole/media/h264';
import { parseSdp } from '@pinhole/media/sdp';
import { SlotPublisher } from '@pinhole/outputs/ustreamer';
import nodeDataChannel from 'node-datachannel';
import { afterEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { CENSUS_ENV, Census } from '../support/census.ts';
import { fixtureUnits } from '../support/fixture-units.ts';
import { h264Fixture } from '../support/h264-fixture.ts';
import { idOf, type JanusJson, JanusSocket } from '../support/janus-socket.ts';
import { startPinhole } from '../support/pinhole.ts';
import { openTestServer, type TestServer } from '../support/test-server.ts';
import { needs } from '../support/third-parties.ts';
import { freshSlot, removeSlots } from '../support/ustreamer/ustreamer-run.ts';

const PLUGIN = 'janus.plugin.ustreamer';
const CREATE = { janus: 'create', transaction: 'c' };

let server: TestServer | undefined;
afterEach(async () => {
  await server?.close();
  server = undefined;
});

const codeOf = ({ error }: JanusJson): number | undefined =>
  (error as { readonly code: number } | undefined)?.code;
const nowMicros = () => micros(Math.round((performance.timeOrigin + performance.now()) * 1000));
const isEvent = ({ janus }: JanusJson): boolean => janus === 'event';
const urlOf = ({ port }: TestServer, path = '/janus'): string => `ws://127.0.0.1:${port}${path}`;

/** The status with which an upgrade is refused. */
async function refused(url: string, headers: Record<string, string>): Promise<number> {
  const socket = new WebSocket(url, ['janus-protocol'], { headers });
  socket.on('error', () => {});
  const [, response] = (await once(socket, 'unexpected-response')) as [unknown, { statusCode: number }];
  socket.terminate();
  return response.statusCode;
}

describe('who may use the Janus API', () => {
  it('a token in a request, as token or as apisecret, or in the handshake; nobody without one', async () => {
    server = await openTestServer();
    const { token } = await server.token({ cameras: ['door'], rights: ['view'] });
    const client = await JanusSocket.open(urlOf(server));

    expect(codeOf(await client.ask(CREATE))).toBe(403);
    expect(codeOf(await client.ask({ ...CREATE, token: 'wrong' }))).toBe(403);
    expect(codeOf(await client.ask({ ...CREATE, apisecret: 'wrong' }))).toBe(403);
    for (const shown of [{ token }, { apisecret: token }]) {
      const at = await client.attach(PLUGIN, shown);
      client.say({ janus: 'message', transaction: 'm', body: { request: 'watch' }, ...at, ...shown });
      expect(await client.next(isEvent)).toMatchObject({ jsep: { type: 'offer' } });
      const params = { camera_id: 'hall' };
      client.say({ janus: 'message', transaction: 'm', body: { request: 'watch', params }, ...at, ...shown });
      expect(await client.next(isEvent)).toMatchObject({ plugindata: { data: { error_code: 404 } } });
    }
    client.close();
    for (const [path, headers] of [
      [`/janus/ws?token=${token}`, {}],
      ['/janus', { authorization: `Bearer ${token}` }],
    ] as const) {
      const known = await JanusSocket.open(urlOf(server, path), { headers });
      expect((await known.ask(CREATE))['janus']).toBe('success');
      known.close();
    }
  });

  it('a token for no camera that there is cannot attach; one that is revoked ends its sessions', async () => {
    server = await openTestServer();
    const [none, some] = await Promise.all([
      server.token({ cameras: ['nowhere'], rights: ['view'] }),
      server.token({ cameras: '*', rights: ['view'] }),
    ]);
    const client = await JanusSocket.open(urlOf(server));
    const session_id = idOf(await client.ask({ ...CREATE, token: none.token }));
    const attach = { janus: 'attach', transaction: 'a', plugin: PLUGIN, session_id, token: none.token };
    expect(codeOf(await client.ask(attach))).toBe(405);

    const at = await client.attach(PLUGIN, { token: some.token });
    await server.ask(`/api/v1/tokens/${some.id}`, { method: 'DELETE', token: server.adminToken });
    expect(await client.next(({ janus }) => janus === 'timeout')).toEqual({
      janus: 'timeout',
      session_id: at.session_id,
    });
    client.close();
  });

  it('a secret shows the cameras of the plugins, and no others', async () => {
    const janus = { secret: 'a-shared-secret', plugins: { [PLUGIN]: 'hall' } };
    server = await openTestServer({ anonymous: ['view'], janus });
    const client = await JanusSocket.open(urlOf(server));
    expect(codeOf(await client.ask(CREATE))).toBe(403);
    const shown = { apisecret: 'a-shared-secret' };
    const at = await client.attach(PLUGIN, shown);
    const watch = async (params: object): Promise<JanusJson> => {
      client.say({ janus: 'message', transaction: 'm', body: { request: 'watch', params }, ...at, ...shown });
      return await client.next(isEvent);
    };

    expect(await watch({})).toMatchObject({ jsep: { type: 'offer' } });
    expect(await watch({ camera_id: 'door' })).toMatchObject({ plugindata: { data: { error_code: 404 } } });
    client.close();
  });

  it('pages of other sites may not, by either way; those of the same host may on ports of its own', async () => {
    server = await openTestServer({ anonymous: ['view'], janus: { ports: { ws: 0, http: 0 } } });
    const own = `ws://127.0.0.1:${server.janusPorts.ws}`;
    const http = `http://127.0.0.1:${server.janusPorts.http}/janus`;
    const post = (origin: string) =>
      fetch(http, { method: 'POST', headers: { origin }, body: JSON.stringify(CREATE) });

    expect(await refused(urlOf(server), { origin: 'https://evil.example' })).toBe(403);
    expect(await refused(own, { origin: 'https://evil.example' })).toBe(403);
    expect(await refused(own, { host: 'evil.example' })).toBe(421);
    expect((await post('https://evil.example')).status).toBe(403);
    const near = await post('http://127.0.0.1:3000');
    expect([near.status, near.headers.get('access-control-allow-origin')]).toEqual([
      200,
      'http://127.0.0.1:3000',
    ]);
    (await JanusSocket.open(own, { headers: { origin: 'http://127.0.0.1:3000' } })).close();
    expect((await fetch(`http://127.0.0.1:${server.janusPorts.http}/`)).status).toBe(404);
  });

  it('as many connections as there may be', async () => {
    server = await openTestServer({ anonymous: ['view'], janus: { sockets: 1 } });
    const client = await JanusSocket.open(urlOf(server));

    expect(await refused(urlOf(server), {})).toBe(503);
    client.close();
  });
});

describe('the Janus API of the server', () => {
  it('speaks TLS on ports of its own where the server does, and says goodbye when it stops', async () => {
    server = await openTestServer({ anonymous: ['view'], tls: 'auto', janus: { ports: { ws: 0 } } });
    const socket = new WebSocket(`wss://127.0.0.1:${server.janusPorts.ws}`, 'janus-protocol', {
      rejectUnauthorized: false,
    });
    await once(socket, 'open');
    const closed = once(socket, 'close');
    await server.close();
    server = undefined;

    expect((await closed)[0]).toBe(1001);
    expect(socket.protocol).toBe('janus-protocol');
  });

  it('tells its figures, and what is wrong with its configuration', async () => {
    server = await openTestServer({ anonymous: ['view'] });
    const client = await JanusSocket.open(urlOf(server));
    await client.attach();
    const { text } = await server.ask('/metrics', { token: server.adminToken });

    expect(text).toContain('pinhole_janus{what="handles"} 1');
    expect(text).toContain('pinhole_output_events_total{output="janus",event="sessions-opened"} 1');
    client.close();
    await expect(openTestServer({ janus: { plugins: { [PLUGIN]: 'attic' } } })).rejects.toThrow(
      /janus\.plugins\.janus\.plugin\.ustreamer: there is no camera "attic"; there is door, hall/,
    );
  });

  it.each([
    ['', {}, true],
    [' not', { tcp: false }, false],
    [' not out of a range of ports', { portRange: '50000-50100' }, false],
  ] as const)('says that WebRTC may%s come by TCP, as configured', async (_, webrtc, isIceTcp) => {
    server = await openTestServer({ webrtc });
    const info = (await server.ask('/janus/info')).json();

    expect(info).toMatchObject({ janus: 'server_info', 'ice-tcp': isIceTcp });
  });

  it('a viewer whose connectivity checks come before its answer is let in', async () => {
    server = await openTestServer({ anonymous: ['view'] });
    const client = await JanusSocket.open(urlOf(server));
    const at = await client.attach();
    client.say({ janus: 'message', transaction: 'm', body: { request: 'watch' }, ...at });
    const { jsep } = (await client.next(isEvent)) as { readonly jsep?: { readonly sdp: string } };
    const peer = new nodeDataChannel.PeerConnection('viewer', {
      iceServers: [],
      bindAddress: '127.0.0.1',
      disableAutoNegotiation: true,
    });
    try {
      const gathered = new Promise<void>((resolve) => {
        peer.onGatheringStateChange((state) => {
          if (state === 'complete') resolve();
        });
      });
      peer.setRemoteDescription(jsep?.sdp ?? '', 'offer');
      peer.setLocalDescription('answer');
      await gathered;
      const answer = { type: 'answer', sdp: peer.localDescription()?.sdp };
      client.say({ janus: 'message', transaction: 's', body: { request: 'start' }, jsep: answer, ...at });

      expect((await client.next(({ janus }) => janus === 'webrtcup'))['session_id']).toBe(at.session_id);
    } finally {
      peer.close();
      client.close();
    }
  });

  it('a hundred sessions, each with an offer, leave nothing behind however they end', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'pinhole-janus-'));
    const config = join(folder, 'pinhole.yaml');
    await writeFile(
      config,
      'anonymous: [view]\ncameras: { kvm: "synthetic:320x240@15" }\njanus: { sessionsPerAddress: 4 }\n',
    );
    const pinhole = await startPinhole({ args: ['--config', config], env: CENSUS_ENV });
    try {
      const url = `${pinhole.url.replace('http', 'ws')}/janus/ws`;
      const visit = async (end: 'drop' | 'destroy'): Promise<number> => {
        const client = await JanusSocket.open(url);
        const at = await client.attach();
        client.say({ janus: 'message', transaction: 'm', body: { request: 'watch' }, ...at });
        expect(await client.next(isEvent)).toMatchObject({ jsep: { type: 'offer' } });
        if (end === 'destroy')
          await client.ask({ janus: 'destroy', transaction: 'd', session_id: at.session_id });
        client.close();
        return at.session_id;
      };
      const census = new Census(pinhole);
      await visit('destroy');
      const baseline = await census.take();
      let lost: number[] = [];
      for (let turn = 0; turn < 100; turn++) {
        const id = await visit(turn % 2 === 0 ? 'drop' : 'destroy');
        if (turn % 2 === 0) lost = [...lost, id].slice(-4);
      }
      const last = await JanusSocket.open(url);
      for (const session_id of lost) {
        await last.ask({ janus: 'claim', transaction: 'c', session_id });
        await last.ask({ janus: 'destroy', transaction: 'd', session_id });
      }
      last.close();

      await census.untilBackTo(baseline);
    } finally {
      await pinhole.dispose();
      await rm(folder, { recursive: true, force: true });
    }
  });
});

needs('g++').it(
  'a High-profile camera is offered by its true profile, with one line of parameters a payload type',
  async () => {
    const name = freshSlot('h264');
    const writer = SlotPublisher.open(
      { name, kind: 'h264', layout: 'B7b', mode: 0o660, removal: 'at-end' },
      { now: nowMicros },
    );
    const [unit] = fixtureUnits(h264Fixture('high-slices'), { interval: micros(33_333) });
    const nals = unit?.nalUnits ?? [];
    const sps = nals.find((nal) => nalType(nal) === NAL_TYPE.sps);
    const data = Buffer.concat(nals.flatMap((nal) => [Uint8Array.of(0, 0, 0, 1), nal]));
    const trueProfile = Buffer.from(sps?.subarray(1, 4) ?? []).toString('hex');
    // A key picture, over and over.
    const writing = setInterval(() => {
      const captureTime = nowMicros();
      writer.publish({ data, key: true, width: 96, height: 64, captureTime, gop: 1, online: true });
    }, 50);
    try {
      server = await openTestServer({
        anonymous: ['view'],
        cameras: { kvm: { source: `ustreamer:${name}` } },
        janus: { plugins: { [PLUGIN]: 'kvm' } },
      });
      const client = await JanusSocket.open(urlOf(server));
      const at = await client.attach(PLUGIN);
      client.say({ janus: 'message', transaction: 'm', body: { request: 'watch' }, ...at });
      const { jsep } = (await client.next(isEvent)) as { jsep?: { sdp: string } };
      const [video] = parseSdp(jsep?.sdp ?? '').media;
      const values = (type: string) =>
        (video?.lines ?? []).flatMap(({ value }) =>
          value.startsWith(`${type}:`) ? [value.slice(type.length + 1)] : [],
        );

      expect(trueProfile).toMatch(/^64/);
      const h264 = values('rtpmap')
        .filter((map) => map.endsWith(' H264/90000'))
        .map((map) => map.split(' ')[0]);
      const parameters = values('fmtp').map((line) => line.split(' '));
      expect(parameters.map(([type]) => type)).toEqual(video?.formats);
      expect(h264.map((type) => parameters.find(([of]) => of === type)?.[1])).toEqual([
        expect.stringContaining(`profile-level-id=${trueProfile}`),
        expect.stringContaining('profile-level-id=42e01f'),
      ]);
      client.close();
    } finally {
      clearInterval(writing);
      await server?.close();
      server = undefined;
      writer.close();
      removeSlots([name]);
    }
  },
);
