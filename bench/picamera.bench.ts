import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { openChromium } from '../test/support/chromium.ts';
import { writeLargeFile } from '../test/support/picamera/large-file.ts';
import { PicameraClients } from '../test/support/picamera-client/picamera-page.ts';
import { type Pinhole, startPinhole } from '../test/support/pinhole.ts';
import type { PlainFileCalls } from './children/plain-file-server.ts';
import { openChild } from './support/child.ts';
import type { Bench, BenchContext, Figure } from './support/figure.ts';
import { cpuMsOf } from './support/machine.ts';
import { downloadByChannel, downloadByWebSocket } from './support/page-downloads.ts';
import { quantile } from './support/statistics.ts';

const CONNECTIONS = 12;
const SNAPSHOTS = 40;
const FILE_BYTES = 100_000_000;

/** What pages of picamera.js have of a device. */
export const bench: Bench = {
  title: 'Devices for picamera.js',
  about: `Our \`PiCamera\` in Chromium, a camera of 640×360 at 30 frames a second, signaling by the broker inside. First picture: from \`connect()\` until it is painted, ${CONNECTIONS} times, the camera watched already. Snapshot: from \`snapshot()\` to \`onSnapshot\`, ${SNAPSHOTS} times, while the picture is shown. File: ${FILE_BYTES / 1e6} MB by \`fetchRecordedVideo\` until \`onVideoDownloaded\`, with the CPU time of the sending process; the same file by libdatachannel with nothing around it, and by a plain WebSocket, to an empty page.`,
  needs: ['linux', 'chromium'],
  run: async (context) => {
    const folder = await mkdtemp(join(tmpdir(), 'pinhole-bench-'));
    context.defer(() => rm(folder, { recursive: true, force: true }));
    const { path } = await writeLargeFile(
      join(folder, 'recordings/20261121/10/20261121_100000.mp4'),
      FILE_BYTES,
    );
    const pinhole = await openDevice(context, folder);
    const browser = await openChromium();
    context.defer(() => browser.close());
    const clients = await PicameraClients.open(browser, `${pinhole.url}/health`);
    const open = (name: string): Promise<void> => clients.connect(name, optionsOf(pinhole));

    await open('first');
    await clients.frames('first');
    const painted: number[] = [];
    for (let i = 0; i < CONNECTIONS; i++) {
      await open('next');
      await clients.frames('next', 1);
      painted.push((await clients.run('firstFrameMs', 'next')) ?? Number.NaN);
      await clients.run('close', 'next');
    }

    await clients.event('first', 'onDatachannel');
    const snapshots: number[] = [];
    for (let i = 0; i < SNAPSHOTS; i++)
      snapshots.push(await clients.run('waitFor', 'first', 'onSnapshot', 'snapshot', 30));
    await clients.run('close', 'first');

    return [
      ...delays('first picture', painted),
      ...delays('snapshot', snapshots),
      ...(await transfers(context, { clients, blank: await browser.newPage(), pinhole, path })),
    ];
  },
};

const delays = (name: string, ms: readonly number[]): readonly Figure[] =>
  ([0.5, 0.95] as const).map((share) => ({
    name,
    measure: `p${share * 100}`,
    value: quantile(ms, share),
    unit: 'ms',
  }));

async function openDevice(context: BenchContext, folder: string): Promise<Pinhole> {
  const file = join(folder, 'pinhole.yaml');
  const camera = {
    source: 'synthetic:640x360@30',
    picamera: { uid: 'garden', recordings: join(folder, 'recordings') },
  };
  await writeFile(file, JSON.stringify({ cameras: { door: camera } }));
  const pinhole = await startPinhole({ args: ['--config', file] });
  context.defer(() => pinhole.dispose());
  return pinhole;
}

const optionsOf = ({ port, token }: Pinhole) => ({
  deviceUid: 'garden',
  mqttHost: 'localhost',
  mqttPort: port,
  mqttProtocol: 'ws' as const,
  mqttUsername: 'page',
  mqttPassword: token,
  isMicOn: false,
});

async function transfers(
  context: BenchContext,
  {
    clients,
    blank,
    pinhole,
    path,
  }: {
    readonly clients: PicameraClients;
    /** The program's own pages may speak with nobody else. */
    readonly blank: Page;
    readonly pinhole: Pinhole;
    readonly path: string;
  },
): Promise<readonly Figure[]> {
  const child = await openChild<PlainFileCalls>(context, 'plain-file-server');
  const webSocket = await child.ask('serve', path);
  const measured = async (name: string, pid: number, download: () => Promise<number>) => {
    const before = cpuMsOf(pid);
    const elapsedMs = await download();
    const cpuMs = cpuMsOf(pid) - before;
    const figures: readonly Figure[] = [
      { name, measure: 'speed', value: FILE_BYTES / 1000 / elapsedMs, unit: 'MB/s' },
      { name, measure: 'CPU for 100 MB', value: (cpuMs * 1e8) / FILE_BYTES, unit: 'ms' },
    ];
    return figures;
  };
  await clients.page.bringToFront();
  await clients.connect('file', { ...optionsOf(pinhole), datachannelOnly: true });
  await clients.event('file', 'onDatachannel');
  // The first answer tells which generation it is: that is no part of a file.
  await clients.run('waitFor', 'file', 'onSnapshot', 'snapshot', 1);
  return [
    ...(await measured('file, Pinhole', pinhole.pid, () =>
      clients.run('waitFor', 'file', 'onVideoDownloaded', 'fetchRecordedVideo', path),
    )),
    ...(await measured('file, libdatachannel', child.pid, () =>
      downloadByChannel(blank, (offer) => child.ask('answer', { offer, path }), FILE_BYTES),
    )),
    ...(await measured('file, WebSocket', child.pid, () =>
      downloadByWebSocket(blank, webSocket, FILE_BYTES),
    )),
  ];
}
