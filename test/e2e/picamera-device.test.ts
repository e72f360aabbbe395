import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createConnection } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect } from 'vitest';
import { type Browser, openChromium } from '../support/chromium.ts';
import { frameNumbers } from '../support/frame-proof.ts';
import { type Generation, StockClients } from '../support/picamera/stock-clients.ts';
import { type Pinhole, startPinhole } from '../support/pinhole.ts';
import { needs } from '../support/third-parties.ts';

const CONFIG = `
cameras:
  door:
    source: synthetic:320x240@15
    picamera:
      uid: garden
      ipc: { enabled: true }
`;

/** Enough to tell that a picture moves. */
const SOME_FRAMES = 10;

const GENERATIONS: readonly Generation[] = ['a', 'b', 'c'];

/** A snapshot asked for as each generation does, byte for byte. */
const SNAPSHOT: Readonly<Record<Generation, string | readonly number[]>> = {
  a: '{"type":1,"message":"30"}',
  b: [0x08, 0x02, 0x22, 0x02, 0x08, 0x1e],
  c: [0x08, 0x02, 0x22, 0x02, 0x08, 0x1e],
};

needs('chromium').describe('stock clients on the broker of this server', () => {
  const { it } = needs('chromium');
  let folder: string;
  let pinhole: Pinhole;
  let browser: Browser;
  let clients: StockClients;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'pinhole-picamera-'));
    const config = join(folder, 'pinhole.yaml');
    await writeFile(config, CONFIG);
    [pinhole, browser] = await Promise.all([startPinhole({ args: ['--config', config] }), openChromium()]);
    clients = await open();
  });

  afterAll(async () => {
    await browser?.close();
    await pinhole?.dispose();
    await rm(folder, { recursive: true, force: true });
  });

  const open = (token = pinhole.token): Promise<StockClients> =>
    StockClients.open(browser, {
      url: `${pinhole.url}/health`,
      uid: 'garden',
      broker: `${pinhole.url.replace('http', 'ws')}/mqtt?token=${token}`,
    });

  const nobody = (): Promise<void> => expect.poll(() => pinhole.sessions(), { timeout: 20_000 }).toEqual([]);

  /** What a counter of devices says. */
  const counted = async (event: string): Promise<number> => {
    const text = await (await pinhole.ask('/metrics')).text();
    const line = new RegExp(
      `^pinhole_output_events_total\\{output="picamera",event="${event}"\\} (\\d+)$`,
      'm',
    );
    return Number(line.exec(text)?.[1] ?? Number.NaN);
  };

  it('of all generations watch at the same time, each by its own rules', async () => {
    for (const generation of GENERATIONS) await clients.connect(generation, { generation });

    const seen = await Promise.all(GENERATIONS.map((name) => clients.watch(name, SOME_FRAMES)));
    const reports = await Promise.all(
      GENERATIONS.map((name) => clients.until(name, ({ channels }) => channels.length === 1)),
    );

    for (const frames of seen) {
      const numbers = frameNumbers(frames);
      expect(numbers).toEqual(numbers.toSorted((x, y) => x - y));
    }
    for (const { errors, streams, named, channels, answered } of reports) {
      expect(errors).toEqual([]);
      expect(new Set(streams)).toEqual(new Set(['garden']));
      expect(named).toContain('garden video_track');
      expect(channels).toEqual([0]);
      expect(answered).toHaveLength(1);
    }
    expect(reports.map(({ heard }) => heard[0])).toEqual(['sdp', 'sdp', 'answer']);
    for (const { heard } of reports) expect(heard).toContain('ice');
    expect(await pinhole.sessions()).toHaveLength(3);
  });

  it('get a snapshot while they watch, each in the form of its generation', async () => {
    for (const name of GENERATIONS) await clients.send(name, 0, SNAPSHOT[name]);

    const replies = await Promise.all(
      GENERATIONS.map((name) => clients.until(name, ({ messages }) => messages.length >= 3)),
    );

    const bytesOf = (index: number): (readonly number[])[] =>
      (replies[index]?.messages ?? []).map(({ bytes }) => (bytes === 'text' ? [] : bytes));
    const [header = [], body = [], trailer = []] = bytesOf(0);
    expect([header[0], Number(String.fromCharCode(...header.slice(1)))]).toEqual([0x01, body.length - 1]);
    expect(body.slice(0, 4)).toEqual([0x01, 0xff, 0xd8, 0xff]);
    expect(trailer).toEqual([0x01]);
    for (const index of [1, 2]) {
      // type 2; header, chunk and trailer have the tags 7, 8 and 9.
      const tags = bytesOf(index).map((bytes) => [bytes[0], bytes[1], bytes[2]]);
      expect([tags[0], tags[1], tags.at(-1)]).toEqual([
        [0x08, 0x02, 0x3a],
        [0x08, 0x02, 0x42],
        [0x08, 0x02, 0x4a],
      ]);
    }
  });

  it('of generation C restart ICE on the connection that is there', async () => {
    const before = await pinhole.sessions();

    // With a pool of candidates, as stock clients ask for, Chromium may restart nothing the first time that it is asked to.
    for (const answers of [2, 3]) {
      await clients.restart('c');
      await clients.until('c', ({ answered }) => answered.length === answers);
    }
    const { answered, errors } = await clients.report('c');
    await clients.frames('c');
    const frames = await clients.watch('c', SOME_FRAMES);

    expect(errors).toEqual([]);
    expect(answered[2]).not.toBe(answered[0]);
    expect(frames.length).toBeGreaterThanOrEqual(SOME_FRAMES);
    expect((await pinhole.sessions()).map(({ id }) => id).toSorted()).toEqual(
      before.map(({ id }) => id).toSorted(),
    );
    expect(await counted('renegotiations')).toBe(2);
  });

  it('that say goodbye, or vanish, are gone', async () => {
    await clients.close('a');
    await clients.close('b');
    await clients.close('c', 'vanish');

    await nobody();
  });

  it('whose candidates come before the offer are answered all the same', async () => {
    await clients.closeAll();
    await nobody();
    await clients.connect('early', { generation: 'a', candidatesFirst: true });

    await clients.watch('early', SOME_FRAMES);

    expect(await counted('candidates-early')).toBeGreaterThan(0);
    await clients.close('early');
    await nobody();
  });

  it('that say everything on both families have one connection', async () => {
    await clients.closeAll();
    await nobody();
    await clients.connect('both', { generation: 'c', bothFamilies: true });

    await clients.watch('both', SOME_FRAMES);
    const { heard, errors } = await clients.until('both', ({ answered }) => answered.length === 2);

    expect(heard.filter((topic) => topic !== 'ice').toSorted()).toEqual(['answer', 'sdp']);
    expect([errors, (await pinhole.sessions()).length]).toEqual([[], 1]);
    await clients.close('both');
    await nobody();
  });

  it('that want channels alone get them, and no picture, and talk with a program on the device', async () => {
    await clients.closeAll();
    await nobody();
    const said: string[] = [];
    const program = createConnection(join(pinhole.dataFolder, 'ipc/door.sock'));
    program.on('data', (bytes) => said.push(bytes.toString()));
    await clients.connect('data', { generation: 'b', datachannelOnly: true, ipcMode: 'reliable' });
    const { errors, streams } = await clients.until('data', ({ channels }) => channels.length === 2);
    expect([errors, streams]).toEqual([[], []]);

    // CUSTOM with "hi"
    await clients.send('data', 2, [0x08, 0x64, 0xa2, 0x06, 0x02, 0x68, 0x69]);
    await expect.poll(() => said, { timeout: 10_000 }).toEqual(['hi']);
    program.write('yo');
    const { messages } = await clients.until('data', (report) => report.messages.length === 3);

    expect(messages.map(({ channel }) => channel)).toEqual([2, 2, 2]);
    // The chunk's data are its last bytes.
    expect(messages[1]?.bytes.slice(-2)).toEqual([0x79, 0x6f]);
    program.destroy();
    await clients.close('data');
    await nobody();
  });

  it('are sent away like any other viewer', async () => {
    await clients.closeAll();
    await nobody();
    await clients.connect('kicked', { generation: 'c' });
    await clients.watch('kicked', 3);
    const [session] = await pinhole.sessions();

    const response = await pinhole.ask(`/api/v1/sessions/${session?.id}`, { method: 'DELETE' });

    expect(response.status).toBe(204);
    await nobody();
    await clients.close('kicked');
  });

  it('with a token that may only view can neither control nor see another camera', async () => {
    await clients.closeAll();
    await nobody();
    const { token } = await pinhole.createToken({ cameras: ['door'], rights: ['view'] });
    const guests = await open(token);
    await guests.connect('guest', { generation: 'b' });
    await guests.watch('guest', 3);
    await guests.until('guest', ({ channels }) => channels.length === 1);

    await guests.send('guest', 0, [0x08, 0x01, 0x1a, 0x04, 0x08, 0x12, 0x10, 0x06]);

    await expect.poll(() => counted('refused-right'), { timeout: 10_000 }).toBe(1);
    await guests.closeAll();
    await nobody();
    await guests.page.close();
  });

  it('ten at once all see the picture', async () => {
    await clients.closeAll();
    await nobody();
    const ten = [...GENERATIONS, ...GENERATIONS, ...GENERATIONS, 'c' as const];
    const names = ten.map((generation, index) => `${generation}${index}`);

    for (const [index, generation] of ten.entries())
      await clients.connect(names[index] ?? '', { generation });
    const seen = await Promise.all(
      names.map((name) => clients.watch(name, SOME_FRAMES, { patienceMs: 60_000 })),
    );

    expect(await pinhole.sessions()).toHaveLength(10);
    // All of them show the same moment, give or take.
    const last = seen.map((frames) => frames.at(-1)?.frameNumber ?? 0);
    expect(Math.max(...last) - Math.min(...last)).toBeLessThan(15 * 30);
    for (const name of names) expect((await clients.report(name)).errors).toEqual([]);
    for (const name of names) await clients.close(name);
    await nobody();
  });
});
