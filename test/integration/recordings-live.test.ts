import { readdirSync, statSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { frameNumbersOf, numbersFrom, probe } from '../support/recorder-rig.ts';
import { openRecordingsServer, type RecordingsServer } from '../support/recordings-server.ts';
import { needs } from '../support/third-parties.ts';

const SIZE = { width: 160, height: 120 };
const API = '/api/v1/cameras/door';
const GOP_FRAMES = 15;
/** Of how many an export chooses. */
const KEY_FRAMES = 6;
const PATIENCE = { timeout: 20_000 };

interface Recording {
  readonly path: string;
  readonly start: string;
  readonly end: string;
  readonly bytes: number;
  readonly state: string;
  readonly onDemand?: { readonly by: string; readonly at: string };
  readonly urls: { readonly file: string; readonly thumbnail?: string };
}

needs('ffmpeg').describe('a server that records', { timeout: 60_000 }, () => {
  let server: RecordingsServer;
  beforeAll(async () => {
    const source = 'synthetic:160x120@30?gop=15';
    server = await openRecordingsServer({
      cameras: {
        door: { source, record: 'both' },
        hall: { source, record: 'off', always: true },
        yard: { source, record: 'on-demand' },
      },
      recordings: { segmentSeconds: 1, timeZone: 'UTC', onDemandMinutes: 5, rewindSeconds: 20 },
    });
    // Files begin with the camera: its first picture is what takes its time.
    while ((await complete()).length < 4 || (await pictured()).length < 2) await sleep(200);
  }, 120_000);
  afterAll(() => server.close());

  const recordings = async (query = ''): Promise<Recording[]> =>
    (await server.get(`${API}/recordings?${query}`))['recordings'] as Recording[];
  const complete = async () => (await recordings()).filter(({ state }) => state === 'complete');
  /** Those with a picture beside them: a busy decoder leaves some out. */
  const pictured = async () => (await complete()).filter(({ urls }) => urls.thumbnail !== undefined);
  /** The key frames of what is complete, once there are enough to choose from. */
  async function keyFramesOfComplete(): Promise<readonly string[]> {
    for (;;) {
      const files = await complete();
      const span = `from=${files[0]?.start}&to=${files.at(-1)?.end}`;
      const { keyFrames } = await server.get(`${API}/footage/key-frames?${span}`);
      if ((keyFrames as string[]).length > KEY_FRAMES) return (keyFrames as string[]).slice(0, KEY_FRAMES);
      await sleep(200);
    }
  }
  const onDisk = (path: string) => join(server.root, 'door', path);
  const at = (iso: string, ms = 0) => new Date(Date.parse(iso) + ms).toISOString();

  it('writes files by day, hour and second, pictures beside them', async () => {
    const files = await complete();

    for (const { path, start, end, bytes, urls } of files.slice(1, -1)) {
      const [, day = '', hour = '', second = ''] = /^(\d{8})\/(\d\d)\/(\d{8}_\d{6})\.mp4$/.exec(path) ?? [];
      expect(second.slice(0, 11)).toBe(`${day}_${hour}`);
      expect(start.replaceAll(/[-:]/g, '').slice(0, 15)).toBe(second.replace('_', 'T'));
      expect(statSync(onDisk(path)).size).toBe(bytes);
      expect(urls.file).toBe(`/cameras/door/recordings/${path}`);
      // A second and what is left of its last group of pictures: longer where the machine left pictures out.
      const { durationSeconds } = probe(onDisk(path));
      expect(durationSeconds).toBeGreaterThan(0.9);
      expect(durationSeconds).toBeCloseTo((Date.parse(end) - Date.parse(start)) / 1000, 1);
    }
    for (const { path, urls } of await pictured()) {
      const still = path.replace('mp4', 'jpg');
      expect(urls.thumbnail).toBe(`/cameras/door/recordings/${still}`);
      expect([...(await readFile(onDisk(still))).subarray(0, 2)]).toEqual([0xff, 0xd8]);
    }
  });

  it('loses no picture between two files, and shows none twice', async () => {
    const files = (await complete()).slice(0, 3);

    const numbers = files.flatMap(({ path }) => frameNumbersOf(onDisk(path), SIZE));

    expect(numbers).toEqual(numbersFrom(numbers[0] ?? 0, (numbers[0] ?? 0) + numbers.length - 1));
    expect(numbers.length).toBeGreaterThanOrEqual(3 * GOP_FRAMES);
  });

  it('tells what there is: pages, days, the latest, those before', async () => {
    const [first, second, third] = await complete();
    const page = await server.get(`${API}/recordings?limit=2`);
    const next = await server.get(`${API}/recordings?limit=2&after=${String(page['next'])}`);
    const { days } = (await server.get(`${API}/recordings/days`)) as {
      days: { day: string; files: number }[];
    };
    const before = async (query: string) =>
      ((await server.get(`${API}/recordings/before?${query}`))['recordings'] as Recording[]).map(
        ({ path }) => path,
      );
    const latest = (await server.get(`${API}/recordings/latest`))['recordings'] as Recording[];

    expect((page['recordings'] as Recording[]).map(({ path }) => path)).toEqual([first?.path, second?.path]);
    expect((next['recordings'] as Recording[])[0]?.path).toBe(third?.path);
    expect(days[0]?.day).toBe(first?.start.slice(0, 10));
    expect(days[0]?.files).toBeGreaterThanOrEqual(4);
    expect(await before(`path=${third?.path}`)).toEqual([second?.path, first?.path]);
    expect(await before(`time=${at(third?.end ?? '')}`)).toEqual([third?.path]);
    expect(await before(`time=${at(first?.start ?? '')}`)).toEqual([]);
    expect(latest).toMatchObject([{ state: 'complete' }]);
  });

  it('is asked for a part of the past wherever that is: on the disk, in the file being written, in memory', async () => {
    const files = await complete();
    expect(await server.get(`${API}/recording`)).toMatchObject({
      mode: 'both',
      recording: true,
      background: { state: 'recording', droppedUnits: 0 },
      archive: { freeBytes: expect.any(Number) as number },
    });
    const from = at(files[0]?.start ?? '', 400);
    const newest = files.at(-1);
    const inMemory = async () =>
      ((await server.get(`${API}/recording`)) as { rewind: { to: string } }).rewind.to;
    await expect.poll(inMemory, PATIENCE).toSatisfy((end: string) => end > at(newest?.end ?? '', 300));
    const to = await inMemory();

    const { bytes, headers } = await server.download(`/cameras/door/footage.mp4?from=${from}&to=${to}`);

    const file = join(server.root, 'played.mp4');
    await writeFile(file, bytes);
    const numbers = frameNumbersOf(file, SIZE);
    expect(headers['content-type']).toMatch(/^video\/mp4; codecs="avc1\.\w+"$/);
    expect(numbers).toEqual(numbersFrom(numbers[0] ?? 0, (numbers[0] ?? 0) + numbers.length - 1));
    // From the key frame before the beginning to what no file has yet.
    const onDiskAlready = files.flatMap(({ path }) => frameNumbersOf(onDisk(path), SIZE));
    expect((numbers[0] ?? 0) - (onDiskAlready[0] ?? 0)).toBeLessThan(2 * GOP_FRAMES);
    expect(numbers.at(-1)).toBeGreaterThan(onDiskAlready.at(-1) ?? 0);
  });

  it('exports from the asked key frame to the asked one', async () => {
    const [first] = await complete();
    const keyFrames = await keyFramesOfComplete();
    const from = keyFrames[1] ?? '';
    const to = keyFrames[4] ?? '';

    const { bytes, headers } = await server.download(
      `/cameras/door/footage.mp4?from=${from}&to=${to}&purpose=export&download`,
    );

    const file = join(server.root, 'export.mp4');
    await writeFile(file, bytes);
    const numbers = frameNumbersOf(file, SIZE);
    const [own = 0] = frameNumbersOf(onDisk(first?.path ?? ''), SIZE);
    expect(numbers).toEqual(numbersFrom(own + GOP_FRAMES, own + 4 * GOP_FRAMES - 1));
    expect(headers['x-start-time']).toBe(from);
    expect(headers['x-end-time']).toBe(to);
    expect(headers['content-disposition']).toMatch(/^attachment; filename="door_\d{8}_\d{6}Z\.mp4"$/);
    const asked = (Date.parse(to) - Date.parse(from)) / 1000;
    expect(Math.abs(probe(file).durationSeconds - asked)).toBeLessThan(0.1);
  });

  it('exports one group of pictures wherever it lies, also where a file begins', async () => {
    const keyFrames = await keyFramesOfComplete();

    for (const [i, from] of keyFrames.slice(0, -1).entries()) {
      const to = keyFrames[i + 1];
      const { headers } = await server.download(
        `/cameras/door/footage.mp4?from=${from}&to=${to}&purpose=export`,
      );
      expect([headers['x-start-time'], headers['x-end-time']]).toEqual([from, to]);
    }
  });

  it('a picture of the past lies at any time of it', async () => {
    const [, second] = await pictured();
    const { bytes } = await server.download(`/cameras/door/thumbnail.jpg?at=${at(second?.start ?? '', 300)}`);

    expect(bytes).toEqual(await readFile(onDisk(second?.path.replace('mp4', 'jpg') ?? '')));
  });

  it('records on demand for everybody who asks, until the last one stops; who and when stay known', async () => {
    const first = await server.token({ cameras: ['yard'], rights: ['view', 'record'] });
    const second = await server.token({ cameras: ['yard'], rights: ['view', 'record'] });
    const yard = '/api/v1/cameras/yard/recording';
    const state = async () => await server.get(yard);

    const one = await server.post(`${yard}/start`, { reason: 'a cat' }, first.token);
    const other = await server.post(`${yard}/start`, { seconds: 60 }, second.token);
    expect([one.status, other.status]).toEqual([201, 201]);
    expect(one.body).toMatchObject({ who: first.id, reason: 'a cat' });
    expect(Date.parse(String(one.body['until'])) - Date.parse(String(one.body['since']))).toBe(300_000);
    expect(Date.parse(String(other.body['until'])) - Date.parse(String(other.body['since']))).toBe(60_000);
    await expect
      .poll(async () => (await state())['onDemand'], PATIENCE)
      .toMatchObject({ state: 'recording', file: expect.stringMatching(/^on-demand\/\d{8}\//) as string });
    const frames = 'pinhole_recording_frames_total{camera="yard",tree="on-demand"}';
    await expect.poll(() => server.metric(frames), PATIENCE).toBeGreaterThan(GOP_FRAMES);

    // Each ends his own start only, unless he names another.
    const left = await server.post(`${yard}/stop`, {}, first.token);
    expect(left.body).toMatchObject({ recording: true, by: [{ who: second.id }] });
    const ended = await server.post(`${yard}/stop`, { id: other.body['id'] }, first.token);
    expect(ended.body).toMatchObject({ recording: false, by: [], onDemand: { state: 'off' } });

    const recordings = async (): Promise<Recording[]> =>
      (await server.get('/api/v1/cameras/yard/recordings'))['recordings'] as Recording[];
    // A file is listed before it was read.
    await expect
      .poll(recordings, PATIENCE)
      .toMatchObject([{ state: 'complete', onDemand: { by: first.id } }]);
    const all = await recordings();
    expect(all[0]?.path).toMatch(/^on-demand\//);
    expect(
      Math.abs(Date.parse(all[0]?.onDemand?.at ?? '') - Date.parse(String(one.body['since']))),
    ).toBeLessThan(5);
    probe(join(server.root, 'yard', all[0]?.path ?? ''));
  });

  it('a start ends by itself', async () => {
    const yard = '/api/v1/cameras/yard/recording';
    await server.post(`${yard}/start`, { seconds: 1.5 });

    expect((await server.get(yard))['by']).toHaveLength(1);
    await expect.poll(async () => (await server.get(yard))['by'], PATIENCE).toEqual([]);
    await expect.poll(async () => (await server.get(yard))['recording'], PATIENCE).toBe(false);
  });

  it('saves what was just seen, and says what it made of it', async () => {
    const askedMs = Date.now();
    const { status, body } = await server.post(`${API}/recording/save`, { seconds: 2, reason: 'a fox' });
    const answeredMs = Date.now();

    const saved = body['recordings'] as Recording[];
    expect(status).toBe(201);
    expect(saved).toMatchObject([{ state: 'complete', onDemand: { by: 'admin' } }]);
    const numbers = frameNumbersOf(onDisk(saved[0]?.path ?? ''), SIZE);
    expect(numbers).toEqual(numbersFrom(numbers[0] ?? 0, (numbers[0] ?? 0) + numbers.length - 1));
    const [file] = saved;
    const span = `from=${file?.start}&to=${file?.end}`;
    const { keyFrames } = (await server.get(`${API}/footage/key-frames?${span}`)) as { keyFrames: string[] };
    // From the key frame before, and from no earlier one.
    expect(Date.parse(file?.start ?? '')).toBeLessThanOrEqual(answeredMs - 2000);
    expect(Date.parse(keyFrames[1] ?? '')).toBeGreaterThanOrEqual(askedMs - 2000);
    expect((await recordings()).map(({ path }) => path)).toContain(saved[0]?.path);
  });

  it('refuses in words what cannot be', async () => {
    const hall = '/api/v1/cameras/hall/recording';
    const refusals = await Promise.all([
      server.post(`${hall}/start`, {}),
      server.post(`${API}/recording/save`, { seconds: 0 }),
      server.post(`${API}/recording/start`, { seconds: 'long' }),
      server.ask(`${API}/recordings?from=yesterday`, { token: server.adminToken }),
      server.ask(`${API}/footage?from=2026-01-31T12:00:00Z&to=2026-01-31T11:00:00Z`, {
        token: server.adminToken,
      }),
      server.ask('/cameras/door/footage.mp4?from=2020-01-01T00:00:00Z&to=2020-01-01T00:01:00Z', {
        token: server.adminToken,
      }),
      server.ask('/cameras/door/footage.mp4?from=1&to=2&purpose=fun', { token: server.adminToken }),
      server.ask(`${API}/recordings/before`, { token: server.adminToken }),
      server.ask(`${API}/recordings`, { method: 'DELETE', token: server.adminToken }),
    ]);

    const told = refusals.map((reply) => {
      const problem = 'body' in reply ? reply.body : reply.json();
      return `${reply.status} ${String(problem['code'])}: ${String(problem['detail'])}`;
    });
    expect(told.map((line) => line.split(':')[0])).toEqual([
      '409 recorder/not-on-demand',
      '422 api/invalid',
      '422 api/invalid',
      '400 recording/bad-time',
      '400 footage/bad-range',
      '404 footage/nothing-recorded',
      '400 footage/bad-option',
      '400 recording/bad-request',
      '400 recording/bad-request',
    ]);
    expect(told[3]).toContain('from "yesterday": write a time with its zone');
    expect(told.join('\n')).not.toContain(server.root);
  });

  it('deletes one, and whole stretches, but nothing that is being written', async () => {
    const files = await complete();
    const [first, second, third] = files.filter(({ onDemand }) => onDemand === undefined);
    const token = server.adminToken;
    const remove = async (query: string) =>
      await server.ask(`${API}/recordings?${query}`, { method: 'DELETE', token });
    await server.post(`${API}/recording/start`, {});
    const writtenNow = async () => (await server.get(`${API}/recording`)) as { onDemand: { file?: string } };
    await expect.poll(async () => (await writtenNow()).onDemand.file, PATIENCE).toBeDefined();

    const busy = await remove(`path=${(await writtenNow()).onDemand.file}`);
    await server.post(`${API}/recording/stop`, {});
    const one = await remove(`path=${first?.path}`);
    const stretch = await remove(`from=${second?.start}&to=${third?.end}`);
    const again = await remove(`path=${first?.path}`);

    expect([busy.status, busy.json()['code']]).toEqual([409, 'recording/in-use']);
    expect(one.json()).toMatchObject({ files: 1 });
    expect(stretch.json()).toMatchObject({ files: 2 });
    expect([again.status, again.json()['code']]).toEqual([404, 'recording/not-found']);
    const left = (await recordings()).map(({ path }) => path);
    for (const gone of [first, second, third]) expect(left).not.toContain(gone?.path);
    expect(() => statSync(onDisk(first?.path.replace('mp4', 'jpg') ?? ''))).toThrow('ENOENT');
    expect(await server.metric('pinhole_recordings_deleted_total{reason="asked"}')).toBe(3);
  });

  it('makes no noise and no folder for cameras that are not recorded', async () => {
    expect(readdirSync(server.root)).not.toContain('hall');
    expect(await server.get('/api/v1/cameras/hall/recording')).toMatchObject({
      mode: 'off',
      recording: false,
      archive: { files: 0, bytes: 0 },
    });
    expect((await server.get('/api/v1/cameras/hall/recording'))['archive']).not.toHaveProperty('fault');
    expect((await server.get(`${API}/recording`))['archive']).not.toHaveProperty('fault');
    const noise = server
      .logged()
      .split('\n')
      .filter((line) => /WARN|ERROR/.test(line));
    expect(noise).toEqual([]);
  });

  it('tells in the list of cameras which are recorded', async () => {
    const { cameras } = (await server.get('/api/v1/cameras')) as {
      cameras: { id: string; recording: object }[];
    };

    expect(cameras.map(({ id, recording }) => [id, recording])).toEqual([
      ['door', { mode: 'both', recording: true }],
      ['hall', { mode: 'off', recording: false }],
      ['yard', { mode: 'on-demand', recording: false }],
    ]);
  });

  it('tells its figures', async () => {
    const labels = 'camera="door",tree="background"';

    expect(await server.metric(`pinhole_recording_state{${labels},state="recording"}`)).toBe(1);
    expect(await server.metric(`pinhole_recording_bytes_total{${labels}}`)).toBeGreaterThan(1000);
    await expect
      .poll(() => server.metric(`pinhole_recording_frames_total{${labels}}`), PATIENCE)
      .toBeGreaterThan(100);
    expect(await server.metric(`pinhole_recording_files_total{${labels}}`)).toBeGreaterThan(3);
    expect(await server.metric(`pinhole_recording_drops_total{${labels},cause="disk-fault"}`)).toBe(0);
    expect(await server.metric('pinhole_recordings_free_bytes')).toBeGreaterThan(1000);
    expect(await server.metric('pinhole_recordings_files{camera="door"}')).toBeGreaterThan(0);
    expect(await server.metric('pinhole_rewind_seconds{camera="hall"}')).toBeGreaterThan(1);
  });
});
