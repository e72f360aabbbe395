import { createHash, randomBytes } from 'node:crypto';
import { createReadStream, mkdtempSync, openSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { mkdir, readFile, truncate, writeFile } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { micros } from '@pinhole/core';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { h264Fixture } from '../support/h264-fixture.ts';
import { type Pinhole, startPinhole } from '../support/pinhole.ts';
import { recordedUnits, segmentBytes, writeSegment } from '../support/recorded-segment.ts';
import { openDownload } from '../support/recordings-server.ts';
import { openTestServer } from '../support/test-server.ts';

const GIGABYTE = 2 ** 30;
const MEGABYTE = 2 ** 20;
const PATH = '20260131/12/20260131_120000.mp4';
/** Less than a tenth of the file, and what garbage may lie about at a moment. */
const SLACK_BYTES = 80 * MEGABYTE;

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'pinhole-large-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

/** A gigabyte that takes little room: a recording, and random bytes here and there behind it. */
async function writeLarge(camera: string, path = PATH, sizeBytes = GIGABYTE): Promise<string> {
  const file = join(root, camera, path);
  await mkdir(dirname(file), { recursive: true });
  const [, hour, minute] = /_(\d\d)(\d\d)\d\d/.exec(path) ?? [];
  const start = micros(Date.parse(`2026-01-31T${hour}:${minute}:00Z`) * 1000);
  const clip = recordedUnits(h264Fixture('baseline'), { start, interval: micros(40_000) });
  await writeFile(file, segmentBytes(clip));
  await truncate(file, sizeBytes);
  const handle = openSync(file, 'r+');
  for (let at = MEGABYTE; at < sizeBytes; at += 37 * MEGABYTE)
    writeSync(handle, randomBytes(512), 0, 512, at);
  return file;
}

async function residentBytes({ pid }: Pinhole): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) * 1024;
}

it.runIf(process.platform === 'linux')(
  'a gigabyte is downloaded in flat memory, goes on where it broke off, and is the file byte for byte',
  { timeout: 90_000 },
  async () => {
    const file = await writeLarge('door');
    const config = join(root, 'pinhole.yaml');
    writeFileSync(config, JSON.stringify({ cameras: { door: 'synthetic' }, recordings: { root } }));
    const pinhole = await startPinhole({ args: ['--config', config] });
    try {
      const { port, token } = pinhole;
      const address = `/cameras/door/recordings/${PATH}`;
      const hash = createHash('sha256');
      const most: number[] = [];
      const read = async (response: IncomingMessage, until: number): Promise<number> => {
        let bytes = 0;
        let looked = 0;
        for await (const part of response) {
          const left = (part as Buffer).subarray(0, until - bytes);
          hash.update(left);
          bytes += left.byteLength;
          if (bytes - looked > 16 * MEGABYTE) {
            looked = bytes;
            most.push(await residentBytes(pinhole));
          }
          if (bytes >= until) break;
        }
        response.destroy();
        return bytes;
      };
      // The first use of anything costs memory that is kept.
      await read(await openDownload(port, address, { token, headers: { range: 'bytes=0-33554431' } }), 0);
      const before = await residentBytes(pinhole);
      most.length = 0;
      const startedAt = performance.now();

      const first = await openDownload(port, address, { token });
      const { etag = '' } = first.headers;
      const broken = await read(first, 300 * MEGABYTE);
      const headers = { range: `bytes=${broken}-`, 'if-range': etag };
      const second = await openDownload(port, address, { token, headers });
      const rest = await read(second, GIGABYTE);

      const seconds = (performance.now() - startedAt) / 1000;
      const growth = Math.max(...most) - before;
      console.log(
        `a gigabyte in ${seconds.toFixed(1)} s: RSS ${(before / MEGABYTE).toFixed(0)} MiB, ${(growth / MEGABYTE).toFixed(0)} MiB more at most`,
      );
      expect([first.statusCode, second.statusCode]).toEqual([200, 206]);
      expect(broken + rest).toBe(GIGABYTE);
      expect(growth).toBeLessThan(SLACK_BYTES);
      const own = createHash('sha256');
      for await (const part of createReadStream(file)) own.update(part as Buffer);
      expect(hash.digest('hex')).toBe(own.digest('hex'));
    } finally {
      await pinhole.dispose();
    }
  },
);

it('keeps the recordings of all cameras together below a size, oldest first', async () => {
  for (const minute of ['00', '02', '04'])
    await writeLarge('door', `20260131/12/20260131_12${minute}00.mp4`, 300 * MEGABYTE);
  for (const minute of ['01', '03', '05'])
    await writeLarge('hall', `20260131/12/20260131_12${minute}00.mp4`, 300 * MEGABYTE);
  const server = await openTestServer({
    recordings: { root, keepGigabytes: 1, keepFreeMegabytes: 0, timeZone: 'UTC' },
  });
  try {
    const { adminToken: token } = server;
    const paths = async (camera: string): Promise<string[]> => {
      const reply = await server.ask(`/api/v1/cameras/${camera}/recordings`, { token });
      return (reply.json()['recordings'] as { path: string }[]).map(({ path }) => path.slice(-10, -4));
    };

    await expect
      .poll(async () => [await paths('door'), await paths('hall')], { timeout: 70_000, interval: 500 })
      .toEqual([['120400'], ['120300', '120500']]);
    const metrics = (await server.ask('/metrics', { token })).text;
    expect(metrics).toContain('pinhole_recordings_deleted_total{reason="total"} 3');
  } finally {
    await server.close();
  }
}, 90_000);

it('keeps nothing longer than told, and what somebody asked for by an age of its own', async () => {
  const clip = (daysAgo: number) =>
    recordedUnits(h264Fixture('baseline'), {
      start: micros((Date.now() - daysAgo * 86_400_000) * 1000),
      interval: micros(40_000),
    });
  const by = [{ id: 'x', who: 'admin', since: micros(Date.now() * 1000) }];
  for (const camera of ['door', 'hall']) {
    for (const days of [1, 5]) await writeSegment(join(root, camera), { ...clip(days), picture: true });
  }
  const onDemand = { camera: 'door', tree: 'on-demand', by };
  await writeSegment(join(root, 'door/on-demand'), { ...clip(7), note: onDemand });
  await writeSegment(join(root, 'door/on-demand'), { ...clip(40), note: onDemand });
  const recordings = { root, keepDays: 3, keepOnDemandDays: 30, keepFreeMegabytes: 0 };
  const server = await openTestServer({ recordings });
  try {
    const { adminToken: token } = server;
    const count = async (camera: string): Promise<number> => {
      const reply = await server.ask(`/api/v1/cameras/${camera}/recordings`, { token });
      return (reply.json()['recordings'] as object[]).length;
    };

    await expect
      .poll(async () => [await count('door'), await count('hall')], { timeout: 70_000, interval: 500 })
      .toEqual([2, 1]);
  } finally {
    await server.close();
  }
}, 90_000);
