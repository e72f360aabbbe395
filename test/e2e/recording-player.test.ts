import { readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect } from 'vitest';
import { type Browser, openChromium } from '../support/chromium.ts';
import { openPast, type PastPage, type WatchedPast } from '../support/harness/past-harness.ts';
import { quantile } from '../support/measure.ts';
import { type Pinhole, startPinhole } from '../support/pinhole.ts';
import { needs } from '../support/third-parties.ts';

const SEGMENT_SECONDS = 5;
const CONFIG = `
cameras:
  door: { source: 'synthetic:640x360@30', record: background }
  hall: { source: 'synthetic:640x360@15' }
recordings: { segmentSeconds: ${SEGMENT_SECONDS}, rewindSeconds: 8 }
`;

const { describe, it } = needs('chromium', 'ffmpeg');

describe('a recording player in Chromium', () => {
  let pinhole: Pinhole;
  let browser: Browser;
  let past: PastPage;

  beforeAll(async () => {
    const config = join(tmpdir(), `pinhole-player-${process.pid}.yaml`);
    await writeFile(config, CONFIG);
    [pinhole, browser] = await Promise.all([startPinhole({ args: ['--config', config] }), openChromium()]);
    past = await openPast(browser, pinhole);
    await past.call('watch', 'door', { camera: 'door', token: pinhole.token });
    await later(20_000);
  });

  afterAll(async () => {
    await browser?.close();
    await pinhole?.dispose();
  });

  const later = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
  const ago = (seconds: number): number => (Date.now() - seconds * 1000) * 1000;
  const numbers = ({ frames }: WatchedPast): number[] => frames.map(({ frameNumber }) => frameNumber);
  const kinds = ({ states }: WatchedPast): string[] => states.map(({ kind }) => kind);
  const recordings = async (query = ''): Promise<readonly { path: string; start: string; end: string }[]> => {
    const answer = await pinhole.ask(`/api/v1/cameras/door/recordings${query}`);
    return ((await answer.json()) as { recordings: never }).recordings;
  };

  it('steps over the border of two files without a picture lost or shown twice', async () => {
    const [, second] = await recordings();
    const border = Date.parse(second?.start ?? '') * 1000;
    await past.call('pause', 'door');
    await past.call('seek', 'door', border - 700_000);
    await past.until('door', ({ seekMs }) => seekMs !== undefined);
    const seen: number[] = [];

    for (let i = 0; i < 45; i++) {
      await past.call('step', 'door', 1);
      const { frames } = await past.until('door', (watched) => watched.frames.length > 0);
      seen.push(frames.at(-1)?.frameNumber ?? Number.NaN);
    }

    const steps = seen.slice(1).map((number, i) => number - (seen[i] ?? 0));
    expect(steps).toEqual(steps.map(() => 1));
    const { position } = await past.call('report', 'door');
    expect(position).toBeGreaterThan(border + 500_000);
  });

  it('plays over borders and from disk into memory, and tells when each picture was captured', async () => {
    await past.call('seek', 'door', ago(14));
    await past.call('play', 'door');

    const watched = await past.until('door', ({ frames }) => frames.length > 250);

    const all = numbers(watched);
    expect(all).toEqual(all.toSorted((a, b) => a - b));
    // A busy machine paints not every picture; it holds none back, and the player repeats none.
    expect((all.at(-1) ?? 0) - (all[0] ?? 0)).toBeLessThan(all.length * 1.3);
    expect(watched.gaps).toEqual([]);
    const codes = new Set(watched.frames.map(({ captureTime }) => captureTime));
    const told = watched.times.map(({ captureTime }) => captureTime);
    const near = told.filter((time) => [...codes].some((code) => Math.abs(code - time) < 3_000));
    expect(near.length).toBeGreaterThan(told.length * 0.8);
  });

  it('catches up with now and says so', async () => {
    await past.call('rate', 'door', 8);
    await past.call('seek', 'door', ago(10));

    const { ended, states } = await past.until('door', (watched) => watched.ended.length > 0);

    expect(ended[0]?.edge).toBe('live');
    expect(states.at(-1)?.kind).toMatch(/live-edge|playing|buffering/);
    await past.call('rate', 'door', 1);
  });

  it('prints how long a picture takes, of what is not loaded', async () => {
    const all: number[] = [];
    for (let i = 0; i < 20; i++) {
      // Far from now, and from the time before.
      await past.call('seek', 'door', ago(4 + (i % 2 === 0 ? 12 : 0)));
      const { seekMs } = await past.until('door', (watched) => watched.seekMs !== undefined);
      all.push(seekMs ?? Number.NaN);
    }
    console.log(
      `seek → painted: p50 ${quantile(all, 0.5).toFixed(0)} ms, p95 ${quantile(all, 0.95).toFixed(0)} ms, ${all.length} seeks`,
    );
  });

  it('goes on behind recordings that are deleted under it, and says what is missing', async () => {
    const files = await recordings();
    const follows = (i: number): boolean =>
      Math.abs(Date.parse(files[i]?.start ?? '') - Date.parse(files[i - 1]?.end ?? '')) < 100;
    const first = files.findIndex((_, i) => follows(i) && follows(i + 1));
    const victims = files.slice(first, first + 2);
    const from = Date.parse(victims[0]?.start ?? '') * 1000;
    // It has loaded what is far from them.
    await past.call('watch', 'late', { camera: 'door', token: pinhole.token });
    await past.call('seek', 'late', ago(3));
    await past.until('late', ({ seekMs }) => seekMs !== undefined);
    await past.call('pause', 'late');
    for (const { path } of victims) {
      const address = `/api/v1/cameras/door/recordings?path=${encodeURIComponent(path)}`;
      expect((await pinhole.ask(address, { method: 'DELETE' })).status).toBe(200);
    }
    await past.call('seek', 'late', from - 1_000_000);
    await past.call('play', 'late');

    const watched = await past.until('late', ({ gaps }) => gaps.length > 0);

    const gap = watched.gaps.at(-1);
    expect(Math.abs((gap?.from ?? 0) - from)).toBeLessThan(100_000);
    const end = Date.parse(victims.at(-1)?.end ?? '') * 1000;
    expect(Math.abs((gap?.to ?? 0) - end)).toBeLessThan(100_000);
    await past.until('late', ({ position }) => (position ?? 0) > end);
    await past.call('close', 'late');
  });

  it('comes back by itself when the server was away', async () => {
    await past.call('seek', 'door', ago(3));
    await past.until('door', ({ frames }) => frames.length > 5);

    await pinhole.stop('SIGKILL');
    await past.until('door', (watched) => kinds(watched).at(-1) === 'reconnecting');
    pinhole = await pinhole.restart();

    const watched = await past.until(
      'door',
      ({ states, frames }) => states.at(-1)?.kind !== 'reconnecting' && frames.length > 5,
    );
    expect(kinds(watched)).not.toContain('refused');
  });

  it('of a token that is revoked says so, and asks no more', async () => {
    const made = await pinhole.createToken({ cameras: ['door'], rights: ['view', 'download'] });
    await past.call('watch', 'guest', { camera: 'door', token: made.token });
    await past.call('seek', 'guest', ago(2));
    await past.until('guest', ({ frames }) => frames.length > 5);

    const revoked = await pinhole.ask(`/api/v1/tokens/${made.id}`, { method: 'DELETE' });
    expect(revoked.status).toBe(204);

    const { states } = await past.until('guest', (watched) => kinds(watched).at(-1) === 'refused');
    expect(states.at(-1)?.reason).not.toBe('');
    let asked = 0;
    past.page.on('request', (request) => {
      if (request.headers()['authorization']?.endsWith(made.token)) asked++;
    });
    await later(1_500);
    expect(asked).toBe(0);
    await past.call('close', 'guest');
  });

  it('of a camera without recordings plays what is in memory, and no file is made', async () => {
    await past.call('watch', 'hall', { camera: 'hall', token: pinhole.token });
    // Somebody watches: a camera that nobody wants has no last minutes.
    const watching = new AbortController();
    const stream = await pinhole.ask('/cameras/hall/stream.mp4', { signal: watching.signal });
    void stream.body?.pipeTo(new WritableStream()).catch(() => {});
    await later(4_000);
    await past.call('seek', 'hall', ago(3));

    await past.until('hall', ({ frames }) => frames.length > 15);

    watching.abort();
    expect(await readdir(join(pinhole.dataFolder, 'recordings/hall')).catch(() => [])).toEqual([]);
    await rm(join(tmpdir(), `pinhole-player-${process.pid}.yaml`), { force: true });
  });
});
