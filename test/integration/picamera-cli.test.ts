import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openMqttLink } from '@pinhole/mqtt';
import { signalTopic } from '@pinhole/protocol/picamera';
import { expect, onTestFinished, vi } from 'vitest';
import { startMosquitto } from '../support/mosquitto.ts';
import { startPinhole } from '../support/pinhole.ts';
import { needs } from '../support/third-parties.ts';

const MANY = ['--fps=30', '--width=1280', '--height=960', '--no-audio', '--hw-accel', '--enable-ipc'];

needs('mosquitto').it('a command line of pi-webrtc makes a device that is on its broker', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'pinhole-picamera-'));
  const broker = await startMosquitto();
  onTestFinished(async () => {
    await broker.dispose();
    await rm(folder, { recursive: true, force: true });
  });
  const { hostname, port } = new URL(broker.url);
  const socket = join(folder, 'ipc.sock');
  const pinhole = await startPinhole({
    command: 'picamera',
    args: [
      '--camera=synthetic:320x180@15',
      ...MANY,
      `--socket-path=${socket}`,
      `--record-path=${join(folder, 'recordings')}`,
      '--use-mqtt',
      `--mqtt-host=${hostname}`,
      `--mqtt-port=${port}`,
      '--uid=garden',
      '--log-level=debug',
    ],
  });
  onTestFinished(() => pinhole.dispose());
  const page = openMqttLink({ url: broker.url, clientId: 'page-1' });
  onTestFinished(() => page.close());
  const offer = signalTopic('client', { family: 'sdp', kind: 'offer', uid: 'garden', cid: 'page-1' });

  await vi.waitFor(
    () => {
      // The device may come to the broker after the page. What it cannot read it tells of.
      page.publish(offer, '{');
      expect(pinhole.output()).toContain('"code":"picamera/signal"');
    },
    { timeout: 20_000, interval: 200 },
  );
  expect(existsSync(socket)).toBe(true);
  expect(pinhole.output()).toMatch(/^pinhole: --hw-accel has no effect: /m);
  expect(pinhole.output()).toMatch(/^pinhole: --fps has no effect: the camera itself says/m);
  expect(pinhole.output()).toContain('Cameras: garden (');
  await vi.waitFor(() => expect(existsSync(join(folder, 'recordings', 'garden'))).toBe(true), {
    timeout: 20_000,
  });
});
