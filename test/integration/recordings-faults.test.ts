import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { rm, statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type Pinhole, startPinhole } from '../support/pinhole.ts';
import { frameNumbersOf, numbersFrom } from '../support/recorder-rig.ts';
import { mountable, SmallDisk } from '../support/small-disk.ts';
import { SteadyViewer } from '../support/steady-viewer.ts';
import { needs } from '../support/third-parties.ts';

const SIZE = { width: 320, height: 240 };
const CAMERA = { source: 'synthetic:320x240@30?gop=15', record: 'background' };

interface State {
  readonly recording: boolean;
  readonly background: {
    readonly state: string;
    readonly file?: string;
    readonly lastError?: { readonly code: string; readonly why: string };
  };
  readonly archive: { readonly files: number; readonly bytes: number; readonly fault?: string };
}

interface Recording {
  readonly path: string;
  readonly start: string;
  readonly end: string;
  readonly state: string;
}

/** The program with a camera that is recorded, as a person runs it. */
class RecordingProgram {
  pinhole: Pinhole;
  readonly root: string;
  #viewer: SteadyViewer | undefined;

  private constructor(pinhole: Pinhole, root: string) {
    this.pinhole = pinhole;
    this.root = root;
  }

  static async start(root: string, config: object = {}): Promise<RecordingProgram> {
    const folder = mkdtempSync(join(tmpdir(), 'pinhole-config-'));
    const file = join(folder, 'pinhole.yaml');
    const recordings = { root, segmentSeconds: 1, keepFreeMegabytes: 0, timeZone: 'UTC', ...config };
    writeFileSync(file, JSON.stringify({ cameras: { door: CAMERA, hall: CAMERA }, recordings }));
    const pinhole = await startPinhole({ args: ['--config', file] });
    const program = new RecordingProgram(pinhole, root);
    onTestFinished(async () => {
      await program.#viewer?.close();
      await program.pinhole.dispose();
      rmSync(folder, { recursive: true, force: true });
    });
    return program;
  }

  async get(path: string): Promise<Record<string, unknown>> {
    const headers = { authorization: `Bearer ${this.pinhole.token}`, connection: 'close' };
    const response = await fetch(`${this.pinhole.url}${path}`, { headers });
    return (await response.json()) as Record<string, unknown>;
  }

  async state(camera = 'door'): Promise<State> {
    return (await this.get(`/api/v1/cameras/${camera}/recording`)) as unknown as State;
  }

  async recordings(camera = 'door'): Promise<readonly Recording[]> {
    return (await this.get(`/api/v1/cameras/${camera}/recordings?limit=1000`))['recordings'] as Recording[];
  }

  async untilFiles(count: number, camera = 'door'): Promise<void> {
    await expect
      .poll(async () => (await this.recordings(camera)).length, { timeout: 20_000, interval: 200 })
      .toBeGreaterThanOrEqual(count);
  }

  /** Somebody watches, and must not notice anything. */
  async watch(): Promise<void> {
    this.#viewer = await SteadyViewer.open('door', this.pinhole);
  }

  /** Proves that he did not, since the last time. */
  async expectUnharmed(): Promise<void> {
    await (this.#viewer ?? expect.fail('nobody watches')).expectUnharmed();
  }

  frames(path: string): readonly number[] {
    return frameNumbersOf(join(this.root, 'door', path), SIZE);
  }
}

async function recordingRoot(): Promise<string> {
  const root = mkdtempSync(join(tmpdir(), 'pinhole-root-'));
  onTestFinished(() => rm(root, { recursive: true, force: true }));
  return root;
}

function smallDisk(megabytes: number): SmallDisk {
  const disk = new SmallDisk(megabytes);
  onTestFinished(() => disk.dispose());
  return disk;
}

needs('ffmpeg').describe('a program that is killed', () => {
  it('has all but the last second after it starts again, and goes on to record', {
    timeout: 60_000,
  }, async () => {
    const program = await RecordingProgram.start(await recordingRoot());
    await program.untilFiles(4);
    await sleep(500);

    const killedAt = Date.now();
    await program.pinhole.stop('SIGKILL');
    program.pinhole = await program.pinhole.restart();
    await expect.poll(async () => (await program.state()).background.state).toBe('recording');
    await expect
      .poll(async () => (await program.recordings()).every(({ state }) => state !== 'unread'), {
        timeout: 5000,
      })
      .toBe(true);

    const before = (await program.recordings()).filter(({ start }) => Date.parse(start) < killedAt);
    const last = before.at(-1);
    expect(killedAt - Date.parse(last?.end ?? '')).toBeLessThan(1000);
    expect(before.slice(0, -1).every(({ state }) => state === 'complete')).toBe(true);
    const numbers = before.flatMap(({ path }) => program.frames(path));
    expect(numbers).toEqual(numbersFrom(numbers[0] ?? 0, (numbers[0] ?? 0) + numbers.length - 1));
    await program.untilFiles(before.length + 2);
    const span = `from=${before[0]?.start}&to=${last?.end}`;
    const { spans } = (await program.get(`/api/v1/cameras/door/footage?${span}`)) as { spans: object[] };
    expect(spans).toHaveLength(1);
  });
});

describe('two programs on one folder', () => {
  it('one records, the other says why not; both show the live picture', { timeout: 60_000 }, async () => {
    const root = await recordingRoot();
    const first = await RecordingProgram.start(root);
    await first.untilFiles(1);
    const second = await RecordingProgram.start(root);
    await second.watch();

    await expect.poll(async () => (await second.state()).background.state).toBe('failing');
    const { lastError } = (await second.state()).background;
    expect(lastError?.code).toBe('recorder/locked');
    expect(lastError?.why).toMatch(/process \d+ on .* records to .* already/);
    expect(await second.get('/ready')).toEqual({ ready: true, recording: 'failing' });
    expect(await first.get('/ready')).toEqual({ ready: true });
    await second.expectUnharmed();
    expect((await first.state()).background.state).toBe('recording');

    await first.pinhole.stop('SIGKILL');
    await expect
      .poll(async () => (await second.state()).background.state, { timeout: 20_000 })
      .toBe('recording');
  });
});

describe.runIf(mountable)('a disk', { timeout: 90_000 }, () => {
  it('that is full costs recordings, not the live picture; they go on once there is room', async () => {
    const disk = smallDisk(12);
    const program = await RecordingProgram.start(join(disk.folder, 'recordings'));
    await program.untilFiles(2);
    await program.watch();
    await program.expectUnharmed();

    const free = disk.fill();
    await expect
      .poll(async () => (await program.state()).background, { timeout: 15_000 })
      .toMatchObject({ state: 'failing', lastError: { code: 'recorder/disk-full' } });
    const { lastError } = (await program.state()).background;
    expect(lastError?.why).toContain('the disk is full; delete something');
    expect(await program.get('/ready')).toEqual({ ready: true, recording: 'failing' });
    await program.expectUnharmed();
    await sleep(3000);
    await program.expectUnharmed();
    const atFull = await program.recordings();

    free();
    await program.untilFiles(atFull.length + 2);
    await expect.poll(() => program.get('/ready'), { timeout: 15_000 }).toEqual({ ready: true });
    await program.expectUnharmed();
    const lines = program.pinhole
      .output()
      .split('\n')
      .filter((line) => line.includes('door'));
    expect(lines.filter((line) => line.includes('recording failed')).length).toBeGreaterThanOrEqual(1);
    expect(lines.filter((line) => line.includes('recording failed')).length).toBeLessThan(10);
    expect(lines.some((line) => line.includes('recording goes on'))).toBe(true);
    // What was there before is whole; what was cut off plays up to there.
    const ended = (await program.recordings()).filter(({ state }) => state === 'complete' || state === 'cut');
    expect(ended.length).toBeGreaterThan(2);
    expect(ended.filter(({ path }) => program.frames(path).length === 0)).toEqual([]);
  });

  it('that turned read-only is told in words, and recording goes on once it is writable', async () => {
    const disk = smallDisk(64);
    const program = await RecordingProgram.start(join(disk.folder, 'recordings'));
    await program.untilFiles(2);
    await program.watch();

    // As long as a file is open for writing, the system refuses.
    const patience = Date.now() + 20_000;
    while (!disk.remount('ro') && Date.now() < patience) await sleep(1);
    await expect
      .poll(async () => (await program.state()).background, { timeout: 15_000 })
      .toMatchObject({ state: 'failing', lastError: { code: 'recorder/read-only' } });
    expect((await program.state()).background.lastError?.why).toContain('check the card');
    await program.expectUnharmed();
    const before = await program.recordings();

    expect(disk.remount('rw')).toBe(true);
    await program.untilFiles(before.length + 2);
    await program.expectUnharmed();
  });

  it('that is pulled out gets no recordings on the disk below; they go on once it is back', async () => {
    const disk = smallDisk(64);
    const root = join(disk.folder, 'recordings');
    const program = await RecordingProgram.start(root);
    await program.untilFiles(2);
    await program.watch();

    disk.pull();
    await expect
      .poll(async () => (await program.state()).background, { timeout: 15_000 })
      .toMatchObject({ state: 'failing' });
    const { lastError } = (await program.state()).background;
    expect(lastError?.code).toMatch(/^recorder\/(?:other-disk|folder-gone|file-gone)$/);
    await program.expectUnharmed();
    await sleep(3000);
    // Nothing was written to the folder that it was mounted on.
    expect(readdirSync(disk.folder)).toEqual([]);
    await expect
      .poll(async () => (await program.state()).background.lastError?.code)
      .toBe('recorder/other-disk');
    await program.expectUnharmed();

    disk.mount();
    await expect
      .poll(async () => (await program.state()).background.state, { timeout: 15_000 })
      .toBe('recording');
    await program.expectUnharmed();
    await expect.poll(() => readdirSync(disk.folder)).toEqual(['recordings']);
  });

  it('gives up the oldest recordings of all cameras when room is wanted, and no picture meanwhile', async () => {
    const disk = smallDisk(24);
    disk.put('others', 10 * 2 ** 20);
    const keepFreeMegabytes = 11;
    const program = await RecordingProgram.start(join(disk.folder, 'recordings'), { keepFreeMegabytes });
    await program.untilFiles(4, 'door');
    await program.untilFiles(4, 'hall');
    const all = [...(await program.recordings('door')), ...(await program.recordings('hall'))];

    // Others take what is left: too little remains.
    disk.put('more', 2.5 * 2 ** 20);
    const freeBytes = async (): Promise<number> => {
      const { bavail, bsize } = await statfs(disk.folder);
      return bavail * bsize;
    };
    expect(await freeBytes()).toBeLessThan(keepFreeMegabytes * 2 ** 20 + 2 ** 19);
    const gone = async (): Promise<number> => {
      const left = new Set(
        [...(await program.recordings('door')), ...(await program.recordings('hall'))].map(
          ({ start }) => start,
        ),
      );
      return all.filter(({ start }) => !left.has(start)).length;
    };
    await expect.poll(gone, { timeout: 20_000, interval: 500 }).toBeGreaterThanOrEqual(4);

    for (const camera of ['door', 'hall']) {
      const starts = (await program.recordings(camera)).map(({ start }) => start);
      expect(starts).toEqual(starts.toSorted());
      expect((await program.state(camera)).background).toMatchObject({ state: 'recording' });
      expect((await program.state(camera)).background.lastError).toBeUndefined();
    }
    // What is left begins at about the same time for both.
    const [door, hall] = [await program.recordings('door'), await program.recordings('hall')];
    const apart = Math.abs(Date.parse(door[0]?.start ?? '') - Date.parse(hall[0]?.start ?? ''));
    expect(apart).toBeLessThan(2500);
  });
});

describe('a folder that somebody removes', () => {
  it('is made anew, and told of', { timeout: 60_000 }, async () => {
    const program = await RecordingProgram.start(await recordingRoot());
    await program.untilFiles(3);
    await program.watch();
    const before = await program.recordings();

    await rm(join(program.root, 'door'), { recursive: true, force: true });
    await expect
      .poll(async () => (await program.state()).background.lastError?.code, { timeout: 15_000 })
      .toMatch(/^recorder\/(?:folder-gone|file-gone)$/);
    await expect
      .poll(
        async () =>
          (await program.recordings()).filter(
            ({ start, state }) => state === 'complete' && start > (before.at(-1)?.end ?? ''),
          ).length,
        { timeout: 15_000 },
      )
      .toBeGreaterThanOrEqual(2);
    await program.expectUnharmed();
    expect((await program.state()).background.state).toBe('recording');
  });
});
