import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { afterAll, afterEach, beforeAll, expect } from 'vitest';
import { frameNumbers } from '../support/frame-proof.ts';
import { openRequestRig, type RequestRig } from '../support/picamera/request-rig.ts';
import { heardIn } from '../support/picamera/said-sound.ts';
import type { Generation } from '../support/picamera/stock-options.ts';
import { type StockEntry, stockEntry } from '../support/picamera/stock-receiver.ts';
import { type StockRequest, stockRequest } from '../support/picamera/stock-requests.ts';
import { snippet } from '../support/picamera-client/documented-snippets.ts';
import { needs } from '../support/third-parties.ts';

const GENERATIONS: readonly Generation[] = ['a', 'b', 'c'];

/** The types of answers, as each generation numbers them. */
const TYPE = {
  a: { snapshot: 1, query: 2, download: 3 },
  b: { snapshot: 2, query: 3, download: 4 },
  c: { snapshot: 2, query: 3, download: 4 },
} as const;

const BRIGHTNESS = 14;

/** Not an MP4, which nobody asks; and not of whole chunks. */
const FILE_BYTES = 3 * 2 ** 20 + 12_345;

const sumOf = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

needs('chromium', 'ffmpeg').describe('what clients of the field ask a device for', () => {
  const { it } = needs('chromium', 'ffmpeg');
  let rig: RequestRig;

  beforeAll(async () => {
    rig = await openRequestRig();
  });

  afterEach(async () => {
    await rig.stock.closeAll();
    await rig.ours.run('closeAll');
    await expect.poll(() => rig.pinhole.sessions(), { timeout: 20_000 }).toEqual([]);
  });

  afterAll(() => rig?.close());

  /** A client with channels alone, whose command channel is open. */
  const connect = async (generation: Generation): Promise<void> => {
    await rig.stock.connect(generation, { generation, datachannelOnly: true, receives: true });
    await rig.stock.until(generation, ({ channels }) => channels.includes(0));
  };

  /** Asks, and waits for so many answers. */
  const answers = async (generation: Generation, request: StockRequest, count = 1) => {
    const { bodies: before } = await rig.stock.report(generation);
    await rig.stock.send(generation, 0, stockRequest(generation, request));
    const { bodies, errors } = await rig.stock.until(
      generation,
      (report) => report.bodies.length >= before.length + count,
    );
    expect(errors).toEqual([]);
    return bodies.slice(before.length);
  };

  const entries = async (
    generation: Generation,
    request: StockRequest,
    count = 1,
  ): Promise<readonly StockEntry[]> =>
    (await answers(generation, request, count)).map(({ type, text }) => {
      expect(type).toBe(TYPE[generation].query);
      return stockEntry(text, generation === 'a' ? 'legacy' : 'packet');
    });

  it.each(GENERATIONS)(
    'of generation %s: which recordings there are, and one of them',
    async (generation) => {
      const { foreign } = rig;
      await connect(generation);

      const [latest] = await entries(generation, { kind: 'latest' });
      expect(latest).toMatchObject({ path: foreign.at(-1), seconds: 1 });
      expect(latest?.thumbnail).toMatch(/^data:image\/jpeg;base64,\/9j\//);

      const older = await entries(generation, { kind: 'older', path: latest?.path ?? '' }, 8);
      expect(older.map(({ path }) => path)).toEqual(foreign.slice(-9, -1).toReversed());

      const wanted = foreign[3] ?? '';
      // Half a minute after it began it had ended, and the next one had not begun.
      const time = `${basename(wanted, '.mp4').slice(0, -2)}30`;
      const [before] = await entries(generation, { kind: 'at', time });
      expect(before?.path).toBe(wanted);

      const bytes = Uint8Array.from({ length: FILE_BYTES }, (_, i) => (i * 31 + (i >> 8)) & 255);
      await writeFile(wanted, bytes);
      const [file] = await answers(generation, { kind: 'download', path: wanted });
      expect(file).toMatchObject({
        type: TYPE[generation].download,
        bytes: FILE_BYTES,
        sha256: sumOf(bytes),
        last: [FILE_BYTES, FILE_BYTES],
      });
      expect(file?.progress).toBeGreaterThan(40);
    },
  );

  it.each(GENERATIONS)('of generation %s: a property of the camera', async (generation) => {
    await connect(generation);
    const value = 20 + GENERATIONS.indexOf(generation);

    await rig.stock.send(
      generation,
      0,
      stockRequest(generation, { kind: 'control', key: BRIGHTNESS, value }),
    );

    await expect
      .poll(async () => await (await rig.pinhole.ask('/api/v1/cameras/door/controls')).json(), {
        timeout: 10_000,
      })
      .toMatchObject({
        controls: expect.arrayContaining([expect.objectContaining({ id: 'brightness', value })]),
      });
  });

  it.each(['b', 'c'] as const)(
    'of generation %s: a recording on demand, and its file',
    async (generation) => {
      await connect(generation);
      const told = async (count: number) =>
        (await rig.stock.until(generation, ({ recordings }) => recordings.length >= count)).recordings;

      await rig.stock.send(generation, 0, stockRequest(generation, { kind: 'record', action: 'start' }));
      const [started] = await told(1);
      expect(started).toMatchObject({ isRecording: true });
      const path = started?.path ?? '';
      expect(path).toMatch(/\/door\/on-demand\/\d{8}\/\d{2}\/\d{8}_\d{6}[^/]*\.mp4$/);
      await rig.stock.send(generation, 0, stockRequest(generation, { kind: 'record', action: 'stop' }));
      expect((await told(2))[1]).toEqual({ isRecording: false, path });

      const [file] = await answers(generation, { kind: 'download', path });
      const onDevice = await readFile(path);
      expect(file).toMatchObject({ bytes: onDevice.byteLength, sha256: sumOf(onDevice) });
      // It stands in one list with what another program recorded.
      const [latest] = await entries(generation, { kind: 'latest' });
      expect(latest?.path).toBe(path);
      const older = await entries(generation, { kind: 'older', path }, 8);
      expect(older.map((entry) => entry.path)).toContain(rig.foreign.at(-1));
    },
  );

  it('a file outside of the recordings: silence, and a line in the log', async () => {
    await connect('b');

    const { foreign } = rig;
    for (const path of ['/etc/passwd', `${foreign[0]}/../../../../pinhole.yaml`, '%2e%2e/pinhole.yaml'])
      await rig.stock.send('b', 0, stockRequest('b', { kind: 'download', path }));
    const [snapshot] = await answers('b', { kind: 'snapshot', quality: 30 });

    expect(snapshot?.type).toBe(TYPE.b.snapshot);
    await expect
      .poll(async () => await (await rig.pinhole.ask('/metrics')).text(), { timeout: 10_000 })
      .toMatch(/event="refused-path"\} 3$/m);
    expect((await rig.stock.report('b')).bodies).toHaveLength(1);
    expect(rig.pinhole.output()).toContain('/etc/passwd');
  });

  it.each(GENERATIONS)(
    'of generation %s: a codec that there is none of: no picture, and all else',
    async (generation) => {
      await rig.stock.connect(generation, { generation, codec: 'VP8', receives: true });
      await rig.stock.until(generation, ({ channels }) => channels.includes(0));

      const [snapshot] = await answers(generation, { kind: 'snapshot', quality: 30 });

      expect(snapshot?.text.slice(0, 3)).toBe('\xff\xd8\xff');
      const { streams, named } = await rig.stock.report(generation);
      expect([streams, named]).toEqual([[], []]);
    },
  );

  it('to be heard, and to hear', async () => {
    await rig.stock.connect('voice', { generation: 'b', uid: 'gate', microphone: true });

    await expect.poll(() => rig.stock.loudness('voice'), { timeout: 30_000 }).toBeGreaterThan(0.1);
    await expect
      .poll(() => heardIn(rig.said).loudest, { timeout: 30_000, interval: 500 })
      .toBeGreaterThan(0.1);
    expect((await rig.stock.report('voice')).errors).toEqual([]);
    await rig.stock.close('voice');

    const { samples: before } = heardIn(rig.said);
    await rig.ours.connect('voice', ourOptions({ deviceUid: 'gate', isMicOn: true }));
    await rig.ours.event('voice', 'onStream');
    await expect.poll(() => rig.ours.run('audioLevel', 'voice'), { timeout: 30_000 }).toBeGreaterThan(0.1);
    await expect
      .poll(() => heardIn(rig.said, before).loudest, { timeout: 30_000, interval: 500 })
      .toBeGreaterThan(0.1);
    expect(await rig.ours.events('voice', 'onError')).toEqual([]);
    await rig.ours.run('close', 'voice');
  });

  const ourOptions = (more: object) => ({
    deviceUid: 'garden',
    mqttHost: 'localhost',
    mqttPort: rig.pinhole.port,
    mqttProtocol: 'ws' as const,
    mqttUsername: 'page',
    mqttPassword: rig.pinhole.token,
    isMicOn: false,
    ...more,
  });

  it.each(['reliable', 'lossy'] as const)(
    'a thousand messages there and back, %s, by our library',
    async (mode) => {
      const COUNT = 1000;
      await rig.ours.connect(mode, ourOptions({ datachannelOnly: true, ipcMode: mode }));
      await rig.ours.event(mode, 'onDatachannel', 2);

      const sent = Array.from({ length: COUNT }, (_, i) => `message ${i}`);
      for (let at = 0; at < COUNT; at += 100) {
        await rig.ours.run('sayAll', mode, sent.slice(at, at + 100));
        // What is said behind them comes back behind them, or is lost, too, and said again.
        await rig.ours.until(async () => {
          await rig.ours.run('sayAll', mode, [`end ${at}`]);
          return await rig.ours.run('hasHeard', mode, `end ${at}`);
        });
      }

      const heard = (await rig.ours.events(mode, 'onMessage')).map(([text]) => text);
      const messages = heard.filter((text) => String(text).startsWith('message'));
      expect(messages).toEqual(sent.filter((text) => messages.includes(text)));
      // What is lost on a lossy channel is lost on the way: here there is next to none.
      expect(messages.length).toBeGreaterThanOrEqual(mode === 'reliable' ? COUNT : COUNT * 0.9);
      await rig.ours.run('close', mode);
    },
  );

  it('ten at once, two of each generation and four with our library', async () => {
    const stock = [...GENERATIONS, ...GENERATIONS].map((generation, i) => ({
      generation,
      name: `${generation}${i}`,
    }));
    const ours = ['w', 'x', 'y', 'z'];

    for (const { generation, name } of stock) await rig.stock.connect(name, { generation });
    for (const name of ours) await rig.ours.connect(name, ourOptions({}));
    for (const { name } of stock) await rig.stock.watch(name, 5, { patienceMs: 60_000 });
    for (const name of ours) await rig.ours.frames(name);

    expect(await rig.pinhole.sessions()).toHaveLength(10);
    // All at once, and each by itself.
    const seen = await Promise.all(stock.map(({ name }) => rig.stock.watch(name, 5, { patienceMs: 60_000 })));
    for (const numbers of seen.map(frameNumbers)) expect(numbers).toEqual(numbers.toSorted((x, y) => x - y));
    for (const { name } of stock) expect((await rig.stock.report(name)).errors).toEqual([]);
    for (const name of ours) {
      expect(await rig.ours.events(name, 'onError')).toEqual([]);
      await rig.ours.run('close', name);
    }
  });

  it('on a page of the same host our library needs the address of the page alone', async () => {
    const page = await rig.ownPage();

    await page.runSnippet(snippet('location.protocol ===').replace(`'your-custom-uid'`, `'garden'`));

    let frames = 0;
    await page.until(async () => {
      frames += (await page.run('snippet')).frames.length;
      return frames > 3;
    });
    const { told } = await page.run('snippet');
    expect(told.filter(({ name }) => name === 'onError')).toEqual([]);
    await page.run('endSnippet');
    await page.page.close();
    await rig.stock.page.bringToFront();
  });
});
