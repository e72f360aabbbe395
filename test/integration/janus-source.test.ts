import { millis, silentLogger } from '@pinhole/core';
import type { AccessUnit, SourceState } from '@pinhole/engine';
import { readTimeCode } from '@pinhole/media/timecode';
import { openClientSocket } from '@pinhole/outputs/sockets';
import { createJanusSource, type JanusSource, type JanusSourceOptions } from '@pinhole/sources/janus';
import { createTransports } from '@pinhole/webrtc';
import { afterAll, afterEach, beforeAll, expect } from 'vitest';
import { BreakableWire } from '../support/breakable-wire.ts';
import { ffmpegOutput } from '../support/clip-file.ts';
import { decodeWithFfmpeg } from '../support/decode-with-ffmpeg.ts';
import { type JanusStream, startJanusStream } from '../support/janus-stream.ts';
import { openTestServer, type TestServer } from '../support/test-server.ts';
import { needs } from '../support/third-parties.ts';

const { describe, it } = needs('janus', 'ffmpeg');

const SECRET = 'open-sesame';
const [width, height] = [320, 180];
const PATIENCE = { timeout: 20_000, interval: 50 };

describe('a stream of a real Janus as a camera', () => {
  let stream: JanusStream;
  const closings: (() => unknown)[] = [];

  beforeAll(async () => {
    stream = await startJanusStream({ secret: SECRET, general: ['reclaim_session_timeout = 30'] });
  });

  afterEach(async () => {
    for (const close of closings.splice(0).toReversed()) await close();
  });

  afterAll(() => stream?.dispose());

  function start(options: Partial<JanusSourceOptions>): {
    readonly source: JanusSource;
    readonly units: AccessUnit[];
    readonly states: SourceState[];
  } {
    const [units, states]: [AccessUnit[], SourceState[]] = [[], []];
    const source = createJanusSource({
      url: stream.janus.webSocketUrl,
      plugin: stream.plugin,
      watch: { request: 'watch', id: stream.id },
      credentials: { apisecret: SECRET },
      transports: createTransports({ log: silentLogger }),
      openWebSocket: openClientSocket,
      ...options,
    });
    const stop = new AbortController();
    const done = source.start(
      { write: (unit) => units.push(unit), state: (state) => states.push(state) },
      { signal: stop.signal },
    );
    closings.push(() => {
      stop.abort();
      return done;
    });
    return { source, units, states };
  }

  /** The numbers in the pictures. */
  const numbersOf = (units: readonly AccessUnit[]): (number | undefined)[] =>
    decodeWithFfmpeg(Uint8Array.from(Buffer.concat(units.map(({ data }) => data))), {
      width,
      height,
    }).map((picture) => readTimeCode(picture)?.frameNumber);

  it.each(['webSocketUrl', 'httpUrl'] as const)('comes whole and in order, by %s', async (way) => {
    const { source, units, states } = start({ url: stream.janus[way] });

    await expect.poll(() => units.length, PATIENCE).toBeGreaterThan(60);

    const numbers = numbersOf(units);
    expect(units[0]?.key).toBe(true);
    expect(numbers.length).toBe(units.length);
    expect(numbers).toEqual(numbers.map((_, at) => ((numbers[0] ?? 0) + at) % 300));
    expect(states.map(({ kind }) => kind)).toEqual(['connecting', 'live']);
    expect(source.counters).toMatchObject({ connections: 1, offers: 1, stalls: 0 });
  });

  it('goes on while the way to Janus breaks, and takes its session over', async () => {
    const wire = new BreakableWire(stream.janus.ports[1]);
    closings.push(() => wire.close());
    const { source, units, states } = start({ url: await wire.open() });
    await expect.poll(() => units.length, PATIENCE).toBeGreaterThan(10);

    wire.cut();
    await expect.poll(() => source.counters.session?.claims, PATIENCE).toBe(1);
    const before = units.length;
    await expect.poll(() => units.length, PATIENCE).toBeGreaterThan(before + 30);

    expect(wire.accepted).toBe(2);
    expect(states.map(({ kind }) => kind)).toEqual(['connecting', 'live']);
    const sequences = units.map(({ sequence }) => sequence);
    expect(sequences).toEqual(sequences.map((_, at) => (sequences[0] ?? 0) + at));
    expect(source.counters).toMatchObject({ connections: 1, offers: 1 });
  });

  it('asks for another offer on the same handle when Janus hangs up', async () => {
    const wire = new BreakableWire(stream.janus.ports[1]);
    closings.push(() => wire.close());
    const { source, units, states } = start({ url: await wire.open() });
    await expect.poll(() => units.length, PATIENCE).toBeGreaterThan(10);

    const [session, handle] = /"session_id":(\d+).*?"sender":(\d+)/s.exec(wire.heard)?.slice(1) ?? [];
    const asked = await fetch(`${stream.janus.httpUrl}/${session}/${handle}`, {
      method: 'POST',
      body: JSON.stringify({ janus: 'hangup', transaction: 'by another', apisecret: SECRET }),
    });
    expect(await asked.json()).toMatchObject({ janus: 'success' });
    await expect.poll(() => source.counters.offers, PATIENCE).toBe(2);
    const before = units.length;
    await expect.poll(() => units.length, PATIENCE).toBeGreaterThan(before + 10);

    expect(source.counters).toMatchObject({ connections: 1 });
    expect(states.map(({ kind }) => kind)).toEqual(['connecting', 'live']);
    const times = units.map(({ dts }) => dts);
    expect(times).toEqual(times.toSorted((a, b) => a - b));
  });

  it('says in words what is wrong, and no secret', async () => {
    const cases = {
      secret: start({ credentials: { apisecret: 'close-sesame' } }),
      secretByHttp: start({ url: stream.janus.httpUrl, credentials: { apisecret: 'close-sesame' } }),
      plugin: start({ plugin: 'janus.plugin.nope' }),
      id: start({ watch: { request: 'watch', id: 99 } }),
      nobody: start({ url: 'ws://127.0.0.1:1' }),
      noJanus: start({ url: stream.janus.httpUrl.replace('/janus', '/nothing') }),
    };
    const said = async (name: keyof typeof cases) => {
      await expect.poll(() => cases[name].states.length, PATIENCE).toBeGreaterThan(1);
      const state = cases[name].states[1];
      return state?.kind === 'retrying' ? [state.code, state.why, state.retryInMs] : state;
    };

    expect(await said('secret')).toEqual(['source/unauthorized', expect.stringContaining('secret='), 30_000]);
    expect(await said('secretByHttp')).toEqual([
      'source/unauthorized',
      expect.stringContaining('secret='),
      30_000,
    ]);
    expect(await said('plugin')).toEqual([
      'source/no-plugin',
      expect.stringContaining("No such plugin 'janus.plugin.nope'"),
      30_000,
    ]);
    expect(await said('id')).toEqual([
      'source/not-found',
      expect.stringContaining('No such mountpoint/stream 99'),
      expect.any(Number),
    ]);
    expect(await said('nobody')).toEqual([
      'source/refused',
      expect.stringContaining('ECONNREFUSED'),
      expect.any(Number),
    ]);
    expect(await said('noJanus')).toEqual([
      'source/ended',
      expect.stringContaining('404'),
      expect.any(Number),
    ]);
    const all = JSON.stringify(Object.values(cases).map(({ states }) => states));
    expect(all).not.toMatch(/(?:open|close)-sesame/);
  });

  it('says when nothing is sent to the stream, and shows it when something is', async () => {
    stream.stopFeed();
    const { units, states } = start({
      connectMs: millis(1_500),
      retry: { firstMs: millis(100), maxMs: millis(200) },
    });

    await expect
      .poll(() => states.find(({ kind }) => kind === 'retrying'), PATIENCE)
      .toMatchObject({
        code: 'source/no-video',
        why: expect.stringContaining('no video comes'),
      });
    stream.startFeed();
    await expect.poll(() => units.length, PATIENCE).toBeGreaterThan(10);
  });

  it('is served by the program: live, with snapshots, back after Janus was killed and restarted', async () => {
    const { janus } = stream;
    const server: TestServer = await openTestServer({
      cameras: {
        socket: { source: `janus+${janus.webSocketUrl}/?id=1&secret=${SECRET}`, always: true },
        http: { source: `janus+${janus.httpUrl.replace('//', `//${SECRET}@`)}?id=1`, always: true },
      },
    });
    closings.push(() => server.close());
    const stateOf = async (camera: string) =>
      (await server.ask(`/api/v1/cameras/${camera}`, { token: server.adminToken })).json()['state'];
    const live = async (): Promise<void> => {
      for (const camera of ['socket', 'http'])
        await expect.poll(() => stateOf(camera), { ...PATIENCE, timeout: 30_000 }).toEqual({ kind: 'live' });
    };
    const number = async (camera: string): Promise<number | undefined> => {
      const url = `http://127.0.0.1:${server.port}/cameras/${camera}/snapshot.jpg`;
      const reply = await fetch(url, { headers: { authorization: `Bearer ${server.adminToken}` } });
      expect(reply.status).toBe(200);
      const jpeg = new Uint8Array(await reply.arrayBuffer());
      const luma = ffmpegOutput(['-i', 'pipe:0', '-pix_fmt', 'gray', '-f', 'rawvideo', 'pipe:1'], jpeg);
      return readTimeCode({ luma: new Uint8Array(luma), width, height })?.frameNumber;
    };
    await live();
    expect(await number('socket')).toBeGreaterThanOrEqual(0);
    expect(await number('http')).toBeGreaterThanOrEqual(0);

    await stream.kill();
    for (const camera of ['socket', 'http'])
      await expect.poll(() => stateOf(camera), PATIENCE).toMatchObject({ kind: 'retrying' });
    await stream.restart();
    await live();

    expect(server.logged()).not.toContain(SECRET);
  });
});
