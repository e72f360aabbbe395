import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { IPiCameraOptions } from '@pinhole/client/picamera';
import { type Browser, openChromium } from '../chromium.ts';
import { type FakeRpicam, withFakePicamera2 } from '../fake-rpicam/fake-rpicam.ts';
import type { DaemonGeneration } from '../picamera-daemon/scripted-daemon.ts';
import { type Pinhole, startPinhole } from '../pinhole.ts';
import { type GatewayServer, startGatewayServer } from '../sfu-gateway/gateway-server.ts';
import { startEchoProgram } from './echo-program.ts';
import { PicameraClients } from './picamera-page.ts';

/** The daemons that are played; their uids are `pi-a`, `pi-b` and `pi-c`. */
export const GENERATIONS: readonly DaemonGeneration[] = ['a', 'b', 'c'];

/** Bytes of the one recording that they have, which tell where they stand. */
export const RECORDING_BYTES = 3_000_001;
/** SHA-256 of it. */
export const RECORDING_SUM = createHash('sha256')
  .update(Uint8Array.from({ length: RECORDING_BYTES }, (_, i) => (i * 31 + (i >> 8)) & 255))
  .digest('hex');

const config = (folder: string, origin: string): string => `
origins: ['${origin}']
cameras:
  door:
    source: rpicam:0?size=320x240&fps=15
    record: background
    picamera:
      uid: garden
      ipc: { enabled: true, socket: ${folder}/ipc.sock, framing: framed }
recordings: { segmentSeconds: 1 }
mqtt:
  users:
    - { name: pi-a, password: a long one, device: pi-a }
    - { name: pi-b, password: a long one, device: pi-b }
    - { name: pi-c, password: a long one, device: pi-c }
    - { name: page, password: another one, view: '*' }
`;

/** Our program with a camera and its broker, daemons of three generations on it, and a browser with our library. */
export interface ClientRig {
  /** On a page of the program. */
  readonly clients: PicameraClients;
  /** On a page of somebody else, with the gateway of an SFU. */
  readonly room: PicameraClients;
  readonly browser: Browser;
  readonly gateway: GatewayServer;
  readonly fake: FakeRpicam;
  pinhole: Pinhole;
  /** Options for a camera of this broker. */
  options(uid: string, more?: IPiCameraOptions): IPiCameraOptions;
  /** Viewers that the program has. */
  sessions(): Promise<number>;
  close(): Promise<void>;
}

/** Opens all of it. */
export async function openClientRig({
  daemons = GENERATIONS,
}: {
  readonly daemons?: readonly DaemonGeneration[];
} = {}): Promise<ClientRig> {
  const folder = await mkdtemp(join(tmpdir(), 'pinhole-picamera-'));
  const fake = await withFakePicamera2();
  const gateway = await startGatewayServer();
  const file = join(folder, 'pinhole.yaml');
  await writeFile(file, config(folder, new URL(gateway.pageUrl).origin), { mode: 0o600 });
  const [pinhole, browser] = await Promise.all([
    startPinhole({ args: ['--config', file], env: fake.env }),
    openChromium({ flags: ['--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream'] }),
  ]);
  const echo = await startEchoProgram(join(folder, 'ipc.sock'));
  const room = await PicameraClients.open(browser, gateway.pageUrl);
  // The page in front last: one behind it paints no frames.
  const clients = await PicameraClients.open(browser, `${pinhole.url}/health`);
  const broker = `${pinhole.url.replace('http', 'ws')}/mqtt`;
  for (const generation of daemons) {
    const uid = `pi-${generation}`;
    const user = { username: uid, password: 'a long one' };
    await clients.run('startDaemon', uid, {
      generation,
      uid,
      broker,
      ...user,
      recordingBytes: RECORDING_BYTES,
    });
    await clients.until(() => clients.run('daemonReady', uid));
  }
  const rig: ClientRig = {
    clients,
    room,
    browser,
    gateway,
    fake,
    pinhole,
    options: (uid, more = {}) => ({
      deviceUid: uid,
      mqttHost: 'localhost',
      mqttPort: pinhole.port,
      mqttProtocol: 'ws',
      mqttUsername: 'page',
      mqttPassword: 'another one',
      isMicOn: false,
      ...more,
    }),
    sessions: async () => (await rig.pinhole.sessions()).length,
    async close() {
      echo.destroy();
      await browser.close();
      await rig.pinhole.dispose();
      await gateway.close();
      await fake.remove();
      await rm(folder, { recursive: true, force: true });
    },
  };
  return rig;
}
