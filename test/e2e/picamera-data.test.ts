import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, createConnection } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { type Micros, micros, silentLogger } from '@pinhole/core';
import { Camera, type Peer } from '@pinhole/engine';
import { JpegDecoder } from '@pinhole/ffmpeg';
import { readTimeCode } from '@pinhole/media/timecode';
import { Archive } from '@pinhole/outputs/archive';
import {
  createPicameraChannels,
  IpcSocket,
  PICAMERA_CHANNELS,
  type PicameraDevice,
} from '@pinhole/outputs/picamera';
import { createSnapshots } from '@pinhole/outputs/snapshot';
import { createWeriftPeerFactory } from '@pinhole/outputs/webrtc';
import { type CameraRequest, CmdType, CommandType } from '@pinhole/protocol/picamera';
import { SyntheticSource } from '@pinhole/sources/synthetic';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bundled } from '../support/bundle.ts';
import { type Browser, openChromium } from '../support/chromium.ts';
import { runFfmpeg } from '../support/decode-with-ffmpeg.ts';
import { liveBytes } from '../support/live-bytes.ts';
import type { DataPage, HeardMessage, PictureWish, ReceivedBody } from '../support/picamera/data-page.ts';
import { type LargeFile, writeLargeFile } from '../support/picamera/large-file.ts';
import { needs } from '../support/third-parties.ts';

const SIZE = { width: 320, height: 180 } as const;
const MEGABYTE = 2 ** 20;

/** The first generation's is only as large as it takes to see that it is whole. */
const FILE_BYTES = {
  legacy: 5 * MEGABYTE + 12_345,
  packet: Math.round(Number(process.env['PICAMERA_FILE_MB'] ?? 32) * MEGABYTE) + 12_345,
} as const;

/** What the device holds of a file at any time is less than this, and the file is larger. */
const FLAT_BYTES = 20 * MEGABYTE;

const now = (): Micros => micros(Math.round((performance.timeOrigin + performance.now()) * 1000));

needs('chromium', 'ffmpeg').describe('the data channels of a device in Chromium', () => {
  let folder: string;
  let camera: Camera;
  let archive: Archive;
  let ipc: IpcSocket;
  let device: PicameraDevice;
  let decoder: JpegDecoder;
  let server: Server;
  let browser: Browser;
  let page: Page;
  let ticker: ReturnType<typeof setInterval>;
  const peers: Peer[] = [];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'picamera-e2e-'));
    camera = new Camera({
      id: 'garden',
      source: new SyntheticSource({ ...SIZE, framesPerSecond: 30 }),
      now,
      openAbort: () => new AbortController(),
      log: silentLogger,
    });
    ticker = setInterval(() => camera.tick(), 50);
    archive = await Archive.open({ camera: 'garden', root: join(folder, 'garden'), now, log: silentLogger });
    ipc = await IpcSocket.open({ path: join(folder, 'ipc.sock'), framing: 'framed', log: silentLogger });
    decoder = new JpegDecoder();
    const snapshots = createSnapshots({ decoder });
    device = createPicameraChannels({ camera, snapshots, archive, ipc, now, log: silentLogger });
    const factory = createWeriftPeerFactory({ now, log: silentLogger, hostAddresses: ['127.0.0.1'] });
    const answer = async (offer: string): Promise<string> => {
      const channels = device.open({
        name: 'page',
        who: { tokenId: 'page', address: '127.0.0.1' },
        rights: ['view', 'control', 'record', 'download'],
        family: 'offer',
        leave: () => {},
      });
      // As whoever lets viewers in does.
      const release = camera.acquire();
      await camera.ready({ deadline: micros(now() + 10e6) });
      const peer = await factory.open({
        offer,
        stream: camera.stream,
        channels: PICAMERA_CHANNELS,
        video: 'if-offered',
        onDataChannel: (channel) => channels.serve(channel),
        handle: ({ kind }) => {
          if (kind !== 'left' && kind !== 'failed') return;
          channels.close();
          release();
        },
      });
      peers.push(peer);
      return peer.answer;
    };
    server = createServer((request, response) => {
      if (request.method !== 'POST') {
        response.setHeader('content-type', 'text/html').end('<!doctype html><title>channels</title>');
        return;
      }
      text(request)
        .then(answer)
        .then(
          (sdp) => response.end(sdp),
          (error: unknown) => {
            response.statusCode = 500;
            response.end(String(error));
          },
        );
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    browser = await openChromium();
    page = await browser.newPage();
    await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
    await page.evaluate(await bundled(join(import.meta.dirname, '../support/picamera/data-page.ts')));
    await page.waitForFunction(() => 'channels' in window);
  });

  afterAll(async () => {
    clearInterval(ticker);
    await browser.close();
    for (const peer of peers) await peer.close();
    device.close();
    server.close();
    await ipc.close();
    await archive.close();
    await camera.close();
    await decoder.close();
    await rm(folder, { recursive: true, force: true });
  });

  const connect = (encoding: 'legacy' | 'packet', wish: PictureWish = 'with-picture'): Promise<void> =>
    page.evaluate(([how, what]) => (window as never as { channels: DataPage }).channels.connect(how, what), [
      encoding,
      wish,
    ] as const);
  const ask = (request: CameraRequest, type: number): Promise<ReceivedBody> =>
    page.evaluate(([what, kind]) => (window as never as { channels: DataPage }).channels.ask(what, kind), [
      request,
      type,
    ] as const);
  const takeMessages = (): Promise<readonly HeardMessage[]> =>
    page.evaluate(() => (window as never as { channels: DataPage }).channels.takeMessages());

  const largeFile = (name: string, sizeBytes: number): Promise<LargeFile> =>
    writeLargeFile(join(archive.root, name), sizeBytes);

  it.each([
    ['legacy', CmdType.SNAPSHOT],
    ['packet', CommandType.TAKE_SNAPSHOT],
  ] as const)('%s: a snapshot is the live picture', async (encoding, type) => {
    await connect(encoding);
    const before = now();

    const { base64 } = await ask({ kind: 'snapshot', quality: 60 }, type);

    const luma = runFfmpeg(
      ['-v', 'error', '-f', 'mjpeg', '-i', 'pipe:0', '-pix_fmt', 'gray', '-f', 'rawvideo', 'pipe:1'],
      Buffer.from(base64, 'base64'),
    );
    const code = readTimeCode({ luma, ...SIZE });
    const last = camera.stream.lastUnit?.unit;
    expect(code?.frameNumber).toBeLessThanOrEqual(last?.sequence ?? -1);
    expect(code?.captureTime).toBeGreaterThan(before - 1e6);
    expect(code?.captureTime).toBeLessThanOrEqual(now());
  });

  it.each(['legacy', 'packet'] as const)('%s: channels alone bring a snapshot, too', async (encoding) => {
    await connect(encoding, 'channels-only');

    const type = encoding === 'legacy' ? CmdType.SNAPSHOT : CommandType.TAKE_SNAPSHOT;
    const { base64 } = await ask({ kind: 'snapshot', quality: 30 }, type);

    expect(base64.slice(0, 4)).toBe('/9j/');
  });

  it('legacy: a file arrives whole', async () => {
    const { path, sha256 } = await largeFile('20261121/10/20261121_100000.mp4', FILE_BYTES.legacy);
    await connect('legacy');

    const body = await ask({ kind: 'download', path }, CmdType.RECORDING);

    expect(body).toMatchObject({ bytes: FILE_BYTES.legacy, received: FILE_BYTES.legacy, sha256 });
  });

  it('packet: a large file arrives whole, and the device holds next to nothing of it', async () => {
    const sizeBytes = FILE_BYTES.packet;
    const { path, sha256 } = await largeFile('20261121/10/20261121_101000.mp4', sizeBytes);
    await connect('packet');
    const held: number[] = [];
    const start = liveBytes();
    const cpu = process.cpuUsage();
    // Seldom: to collect the garbage takes as long as to send a megabyte.
    const watch = setInterval(() => held.push(liveBytes() - start), 500);

    const body = await ask({ kind: 'download', path }, CommandType.TRANSFER_FILE);

    clearInterval(watch);
    const { user, system } = process.cpuUsage(cpu);
    const line = [
      `${(sizeBytes / 1e6).toFixed(0)} MB in ${(body.elapsedMs / 1000).toFixed(1)} s`,
      `${(sizeBytes / 1000 / body.elapsedMs).toFixed(1)} MB/s`,
      `${(((user + system) / sizeBytes) * 100).toFixed(1)} CPU s per 100 MB`,
      `${(Math.max(...held) / MEGABYTE).toFixed(0)} MiB more at most`,
    ];
    console.log(line.join(', '));
    expect(body).toMatchObject({ bytes: sizeBytes, received: sizeBytes, sha256 });
    expect(held.length).toBeGreaterThan(0);
    expect(Math.max(...held)).toBeLessThan(FLAT_BYTES);
  });

  it('a download ends on the device when its page goes', async () => {
    const { path } = await largeFile('20261121/11/20261121_110000.mp4', 64 * MEGABYTE);
    await connect('packet');
    const { cancelled } = device.counters.transfers;
    void ask({ kind: 'download', path }, CommandType.TRANSFER_FILE).catch(() => {});
    await page.waitForFunction(
      () => (window as never as { channels: DataPage }).channels.received() > 100_000,
    );

    await page.evaluate(() => (window as never as { channels: DataPage }).channels.close());

    await expect.poll(() => device.counters.transfers.cancelled, { timeout: 20_000 }).toBe(cancelled + 1);
  });

  describe('messages of local programs', () => {
    const COUNT = 1000;
    const frame = (words: string): Buffer => {
      const bytes = Buffer.from(words);
      const head = Buffer.alloc(4);
      head.writeUInt32BE(bytes.byteLength);
      return Buffer.concat([head, bytes]);
    };
    const numbered = (way: string): string[] => Array.from({ length: COUNT }, (_, i) => `${way} ${i}`);

    it('reach a page in order: all of them on the reliable channel, and counted on the lossy one', async () => {
      await connect('packet');
      await ask({ kind: 'snapshot', quality: 1 }, CommandType.TAKE_SNAPSHOT);
      const program = createConnection(ipc.path);
      await once(program, 'connect');
      const before = ipc.counters;

      program.write(Buffer.concat(numbered('down').map(frame)));
      const heard: HeardMessage[] = [];
      await expect
        .poll(
          async () => {
            heard.push(...(await takeMessages()));
            const { toViewers, droppedLossy, fromLocal } = ipc.counters;
            return [
              fromLocal - before.fromLocal,
              toViewers - before.toViewers + droppedLossy - before.droppedLossy,
              heard.length >= toViewers - before.toViewers,
            ];
          },
          { timeout: 30_000 },
        )
        .toEqual([COUNT, 2 * COUNT, true]);
      program.destroy();

      const on = (id: number): string[] =>
        heard.filter(({ channel }) => channel === id).map((message) => message.text);
      const [lossy, reliable] = [on(1), on(2)];
      expect(reliable).toEqual(numbered('down'));
      expect(lossy).toEqual(numbered('down').filter((message) => lossy.includes(message)));
      expect(lossy.length).toBeLessThanOrEqual(COUNT - (ipc.counters.droppedLossy - before.droppedLossy));
      expect(ipc.counters.droppedReliable).toBe(0);
    });

    it('come from a page in order, none left out', async () => {
      await connect('legacy');
      const program = createConnection(ipc.path);
      const read: Buffer[] = [];
      program.on('data', (chunk: Buffer) => read.push(chunk));
      await once(program, 'connect');
      await expect.poll(() => ipc.clients).toBe(1);

      await page.evaluate(
        (count) => (window as never as { channels: DataPage }).channels.sayMany(2, count),
        COUNT,
      );

      const expected = Buffer.concat(numbered('up').map(frame));
      await expect.poll(() => Buffer.concat(read).byteLength, { timeout: 30_000 }).toBe(expected.byteLength);
      expect(Buffer.concat(read).equals(expected)).toBe(true);
      program.destroy();
    });
  });
});
