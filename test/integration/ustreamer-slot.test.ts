import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, rmdirSync, rmSync, statSync } from 'node:fs';
import { open as openFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { micros } from '@pinhole/core';
import { jpegSize } from '@pinhole/media/jpeg';
import { clockSeconds } from '@pinhole/native';
import { SlotPublisher } from '@pinhole/outputs/ustreamer';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { encodeClip } from '../support/clip.ts';
import { openTestServer, type TestServer } from '../support/test-server.ts';
import { needs } from '../support/third-parties.ts';
import { dumpSlot } from '../support/ustreamer/slot-dump.ts';
import { watchSlot } from '../support/ustreamer/slot-viewer.ts';
import {
  freshSlot,
  removeSlots,
  slotPath,
  startUstreamer,
  type Ustreamer,
} from '../support/ustreamer/ustreamer-run.ts';

const FRAMES = 20;
const nowMicros = () => micros(Math.round((performance.timeOrigin + performance.now()) * 1000));

needs('ustreamer', 'ffmpeg').describe('what ustreamer-dump 4.9 reads of ours', { timeout: 60_000 }, () => {
  const clip = encodeClip({ size: '320x240' });
  const names = new Set<string>();
  afterEach(() => removeSlots(names));

  function open(): {
    readonly name: string;
    readonly writer: SlotPublisher;
    readonly write: (number: number) => Promise<Buffer>;
  } {
    const name = freshSlot('h264');
    names.add(name);
    const writer = SlotPublisher.open(
      { name, kind: 'h264', layout: 'A2', mode: 0o660, removal: 'at-end' },
      { now: nowMicros },
    );
    const write = async (number: number): Promise<Buffer> => {
      const unit = clip[number];
      if (!unit) throw new Error('the clip is over');
      const picture = {
        ...unit,
        width: 320,
        height: 240,
        captureTime: nowMicros(),
        gop: 30,
        online: number !== 3,
      };
      await expect.poll(() => writer.publish(picture), { interval: 1 }).toBe('published');
      return Buffer.from(unit.data);
    };
    return { name, writer, write };
  }

  it('is every byte, while another reader has all of it too', async () => {
    const { name, write } = open();
    const dump = dumpSlot(name, { count: FRAMES });
    const viewer = watchSlot({ name });
    const written: Buffer[] = [];
    for (let i = 0; i < FRAMES; i++) {
      written.push(await write(i));
      const bytes = written.reduce((sum, { length }) => sum + length, 0);
      await expect.poll(() => dump.output().length, { interval: 2, timeout: 10_000 }).toBe(bytes);
      await expect.poll(() => viewer.units.length, { interval: 2, timeout: 10_000 }).toBe(i + 1);
    }

    expect(await dump.ended).toBe(0);
    expect(dump.output()).toEqual(Buffer.concat(written));
    expect(viewer.units.map(({ data }) => Buffer.from(data))).toEqual(written);
    await viewer.stop();
  });

  it('is what we say of a picture, and it waits while somebody has the lock', async () => {
    const { name, write } = open();
    const dump = dumpSlot(name, { count: 4, format: 'json' });
    const lines = (): Record<string, unknown>[] =>
      dump
        .output()
        .toString()
        .split('\n')
        .filter(Boolean)
        .map((line) => JSON.parse(line) as Record<string, unknown>);
    for (let i = 0; i < 3; i++) {
      await write(i);
      await expect.poll(() => lines().length, { interval: 2, timeout: 10_000 }).toBe(i + 1);
    }
    const before = clockSeconds('raw');
    expect(lines()[0]).toMatchObject({
      size: clip[0]?.data.byteLength,
      width: 320,
      height: 240,
      format: 0x34363248, // H264
      stride: 0,
      online: 1,
    });
    const { grab_ts: grabbed, encode_begin_ts: began, encode_end_ts: ended } = lines()[2] ?? {};
    for (const stamp of [grabbed, began, ended]) {
      expect(stamp).toBeLessThanOrEqual(before + 0.001);
      expect(stamp).toBeGreaterThan(before - 30);
    }

    await write(3);
    expect(await dump.ended).toBe(0);
    expect(lines()[3]).toMatchObject({ online: 0, grab_ts: 0 });

    const holder = spawn(
      'flock',
      ['--no-fork', '-x', slotPath(name), 'sh', '-c', 'echo locked; exec sleep 60'],
      {
        stdio: ['ignore', 'pipe', 'ignore'],
      },
    );
    await once(holder.stdout, 'data');
    const waiting = dumpSlot(name, { count: 1 });
    await sleep(300);
    expect(waiting.output().length).toBe(0);
    holder.kill('SIGKILL');
    expect(await waiting.ended).toBe(0);
    expect(waiting.output()).toEqual(Buffer.from(clip[3]?.data ?? []));
  });

  it('is nothing while the object holds zeros, nor of a picture without a number', async () => {
    const { name, write } = open();
    const readsNothingBefore = async (picture: number): Promise<void> => {
      const dump = dumpSlot(name, { count: 1 });
      await sleep(300);
      expect(dump.output().length).toBe(0);
      const data = await write(picture);
      expect(await dump.ended).toBe(0);
      expect(dump.output()).toEqual(data);
    };
    // It was made, and not yet written into.
    await readsNothingBefore(0);

    // A whole picture but for its number.
    const id = await openFile(slotPath(name), 'r+');
    await id.write(new Uint8Array(8), 0, 8, 16);
    await id.close();
    await readsNothingBefore(1);
  });

  it('is refused when it is of another version', async () => {
    const { name, write } = open();
    await write(0);
    const other = Buffer.alloc(4);
    other.writeUInt32LE(3);
    const handle = await openFile(slotPath(name), 'r+');
    await handle.write(other, 0, 4, 8);
    await handle.close();
    const dump = dumpSlot(name, { count: 1 });

    expect(await dump.ended).toBe(1);
    expect(dump.words()).toContain('sink=3, required=2');
  });
});

needs('ustreamer', 'ffmpeg').describe('cameras in slots', { timeout: 60_000 }, () => {
  const names = [freshSlot('h264'), freshSlot('jpeg')] as const;
  const [h264, jpeg] = names;
  const spare = freshSlot('h264');
  let server: TestServer;
  let token: string;
  beforeAll(async () => {
    server = await openTestServer({
      cameras: {
        door: { source: 'synthetic:320x240@30?gop=30', ustreamer: { h264, jpeg, layout: 'A2', mode: 640 } },
        // What is read may well be what this program writes.
        kvm: { source: `ustreamer:${h264}`, record: 'on-demand' },
        spare: { source: 'synthetic:160x120@5', ustreamer: spare },
      },
    });
    ({ token } = await server.token({ cameras: '*', rights: ['view', 'record', 'download'] }));
  });
  afterAll(async () => {
    await server.close();
    expect([...names, spare].filter((name) => existsSync(slotPath(name)))).toEqual([]);
  });

  async function metric(name: string): Promise<number> {
    const { text } = await server.ask('/metrics', { token: server.adminToken });
    const line = text
      .split('\n')
      .find(
        (each) =>
          each.startsWith('pinhole_output') && each.includes('"ustreamer"') && each.includes(`"${name}"`),
      );
    return Number(line?.split(' ').at(-1));
  }
  it('have one picture each before anybody reads, and rest then', async () => {
    await expect.poll(() => metric('published'), { timeout: 15_000 }).toBeGreaterThanOrEqual(3);
    const grown = async (): Promise<number> => {
      const before = await metric('published');
      await sleep(500);
      return (await metric('published')) - before;
    };
    await expect.poll(grown, { timeout: 15_000 }).toBe(0);

    expect(statSync(slotPath(h264)).mode & 0o777).toBe(0o640);
    expect(statSync(slotPath(spare)).mode & 0o777).toBe(0o660);
    expect(statSync(slotPath(h264)).size).toBe(33_554_560);
  });

  it('come alive for ustreamer-dump, by H.264 and by JPEG', async () => {
    const film = dumpSlot(h264, { count: 40, format: 'json' });
    const still = dumpSlot(jpeg, { count: 3, format: 'json' });
    const linesOf = (dump: ReturnType<typeof dumpSlot>) =>
      dump
        .output()
        .toString()
        .split('\n')
        .filter(Boolean)
        .map((line) => JSON.parse(line) as { format: number; data: string; size: number });

    expect(await film.ended).toBe(0);
    expect(await still.ended).toBe(0);
    const shown = Buffer.concat(linesOf(film).map(({ data }) => Buffer.from(data, 'base64')));
    expect(shown.length).toBeGreaterThan(1000);
    expect(new Set(linesOf(still).map(({ format }) => format))).toEqual(new Set([1_195_724_874])); // JPEG
    expect(jpegSize(Buffer.from(linesOf(still).at(-1)?.data ?? '', 'base64'))).toEqual({
      width: 320,
      height: 240,
    });
    await expect.poll(() => metric('awoken')).toBeGreaterThanOrEqual(2);
  });

  it('are cameras again for whoever has their slot as source: picture, film of JPEG, recording', async () => {
    const still = await server.ask('/cameras/kvm/snapshot.jpg', { token });
    expect(still.status).toBe(200);
    expect(still.headers['content-type']).toBe('image/jpeg');
    const film = await server.ask('/cameras/kvm/stream.mjpeg', { token, headOnly: true });
    expect(film.status).toBe(200);

    const asked = await server.ask('/api/v1/cameras/kvm/recording/start', {
      token,
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{}',
    });
    expect(asked.status).toBeLessThan(300);
    const list = async () =>
      (await server.ask('/api/v1/cameras/kvm/recordings', { token })).json()['recordings'] as {
        bytes: number;
      }[];
    await expect.poll(async () => (await list()).length, { timeout: 15_000 }).toBe(1);
    await server.ask('/api/v1/cameras/kvm/recording/stop', {
      token,
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{}',
    });
    await expect.poll(async () => (await list())[0]?.bytes, { timeout: 15_000 }).toBeGreaterThan(1000);
  });
});

needs('ustreamer', 'ffmpeg').describe('a slot that is not ours alone', { timeout: 60_000 }, () => {
  it('is made anew when its name is taken away, left to another program that writes, and taken when that ended', async () => {
    const [film, still] = [freshSlot('h264'), freshSlot('jpeg')];
    const server = await openTestServer({
      cameras: {
        door: { source: 'synthetic:160x120@5?gop=5', ustreamer: { h264: film, jpeg: still, layout: 'A2' } },
      },
    });
    let theirs: Ustreamer | undefined;
    const count = async (name: string): Promise<number> => {
      const { text } = await server.ask('/metrics', { token: server.adminToken });
      return Number(new RegExp(`output="ustreamer",event="${name}"\\} (\\d+)`).exec(text)?.[1]);
    };
    const patience = { timeout: 20_000 };
    try {
      await expect.poll(() => count('published'), patience).toBeGreaterThanOrEqual(2);
      rmSync(slotPath(film));
      await expect.poll(() => existsSync(slotPath(film)), patience).toBe(true);
      const dump = dumpSlot(film, { count: 3 });
      expect(await dump.ended).toBe(0);
      expect(await count('replaced')).toBe(1);

      theirs = await startUstreamer({ sink: still, removal: 'at-end' });
      await expect.poll(() => count('stepped-aside'), patience).toBe(1);
      await expect
        .poll(() => server.logged(), patience)
        .toMatch(new RegExp(`ustreamer \\(${theirs.pid}\\) writes into this slot, too`));
      const before = await count('foreign');
      const shown = dumpSlot(still, { count: 3, format: 'json' });
      expect(await shown.ended).toBe(0);
      // The placeholder of the other, and nothing between.
      expect(shown.output().toString()).not.toContain('"width": 160');
      expect(await count('foreign')).toBe(before);

      await theirs.stop();
      await expect.poll(() => existsSync(slotPath(still)), patience).toBe(true);
      const own = dumpSlot(still, { count: 2, format: 'json' });
      expect(await own.ended).toBe(0);
      expect(own.output().toString()).toMatch(/"width": ?160/);
    } finally {
      await theirs?.stop();
      await server.close();
      removeSlots([film, still]);
    }
  });
});

describe('a slot that cannot be written', () => {
  it('is told, and tried again', async () => {
    const name = freshSlot('h264');
    const folder = slotPath(name);
    mkdirSync(folder);
    const server = await openTestServer({
      cameras: { door: { source: 'synthetic:160x120@5', ustreamer: name } },
    });
    try {
      await expect.poll(() => server.logged(), { timeout: 10_000 }).toContain('the slot cannot be written');
      rmdirSync(folder);
      await expect
        .poll(() => existsSync(folder) && statSync(folder).size, { timeout: 15_000 })
        .toBe(2_097_312);
    } finally {
      await server.close();
    }
    expect(existsSync(folder)).toBe(false);
  });
});
