import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Micros, micros } from '@pinhole/core';
import { beepingClip } from '../beeping-clip.ts';
import { openChromium } from '../chromium.ts';
import { h264Fixture } from '../h264-fixture.ts';
import { startEchoProgram } from '../picamera-client/echo-program.ts';
import { PicameraClients } from '../picamera-client/picamera-page.ts';
import { type Pinhole, startPinhole } from '../pinhole.ts';
import { recordedUnits, writeSegment } from '../recorded-segment.ts';
import { StockClients } from './stock-clients.ts';

/** Recordings that another program made, one a minute, three hours ago. */
const FOREIGN = 12;
const MINUTE = 60_000_000;

const config = (folder: string, clip: string): string => `
anonymous: [{ from: [127.0.0.0/8, '::1'], rights: [view] }]
cameras:
  door:
    source: synthetic:320x240@15
    record: on-demand
    picamera:
      uid: garden
      recordings: ${folder}/foreign
      ipc: { enabled: true, socket: ${folder}/ipc.sock, framing: framed }
  gate:
    source: file:${clip}
    audio: opus
    picamera: { uid: gate, speaker: 'file:${folder}/said.wav' }
`;

/** Our program with two devices and recordings of another program, and one page with clients of the field and ours. */
export interface RequestRig {
  readonly pinhole: Pinhole;
  readonly stock: StockClients;
  readonly ours: PicameraClients;
  /** Paths of the recordings of the other program, oldest first. */
  readonly foreign: readonly string[];
  /** What viewers said beside the camera `gate`. */
  readonly said: string;
  /** A further page of the program itself, in front. */
  ownPage(): Promise<PicameraClients>;
  close(): Promise<void>;
}

/** Opens all of it. */
export async function openRequestRig(): Promise<RequestRig> {
  const folder = await mkdtemp(join(tmpdir(), 'pinhole-picamera-'));
  const clip = await beepingClip({ sound: 'opus', seconds: 12, width: 320, height: 240, format: 'mkv' });
  const foreign = await recordMinutes(join(folder, 'foreign'));
  const file = join(folder, 'pinhole.yaml');
  await writeFile(file, config(folder, clip));
  const [pinhole, browser] = await Promise.all([
    startPinhole({ args: ['--config', file] }),
    openChromium({ flags: ['--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream'] }),
  ]);
  const echo = await startEchoProgram(join(folder, 'ipc.sock'));
  const url = `${pinhole.url}/health`;
  const broker = `${pinhole.url.replace('http', 'ws')}/mqtt?token=${pinhole.token}`;
  const stock = await StockClients.open(browser, { url, uid: 'garden', broker });
  const ours = await PicameraClients.into(stock.page);
  return {
    pinhole,
    stock,
    ours,
    foreign,
    said: join(folder, 'said.wav'),
    ownPage: () => PicameraClients.open(browser, url),
    async close() {
      echo.destroy();
      await browser.close();
      await pinhole.dispose();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function recordMinutes(root: string): Promise<readonly string[]> {
  const begin = Math.floor((Date.now() * 1000) / MINUTE - 180) * MINUTE;
  const paths: string[] = [];
  for (let i = 0; i < FOREIGN; i++) {
    const start: Micros = micros(begin + i * MINUTE);
    const units = recordedUnits(h264Fixture('baseline'), { start, interval: micros(125_000) });
    paths.push(join(root, await writeSegment(root, { ...units, picture: true })));
  }
  return paths;
}
