import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { NAL_TYPE, nalType } from '@pinhole/media/h264';
import { H264Depacketizer } from '@pinhole/media/rtp';
import { openMqttLink } from '@pinhole/mqtt';
import { signalTopic } from '@pinhole/protocol/picamera';
import { expect, onTestFinished, vi } from 'vitest';
import { startMosquitto } from '../support/mosquitto.ts';
import { startPinhole } from '../support/pinhole.ts';
import { endViewers, RtpViewer } from '../support/rtp-viewer.ts';
import { needs } from '../support/third-parties.ts';

const isIdr = (nal: Uint8Array): boolean => nalType(nal) === NAL_TYPE.idr;

const MANY = ['--fps=30', '--width=1280', '--height=960', '--no-audio', '--hw-accel', '--enable-ipc'];

needs('mosquitto').it(
  'a command line of pi-webrtc makes a device that is on its broker, and is watched by it',
  async () => {
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

    const heard: string[] = [];
    page.subscribe(
      [{ topic: signalTopic('device', { family: 'sdp', kind: 'answer', uid: 'garden', cid: 'page-1' }) }],
      (_topic, payload) => {
        heard.push((JSON.parse(Buffer.from(payload).toString()) as { readonly sdp: string }).sdp);
      },
    );
    const viewer = new RtpViewer();
    onTestFinished(() => {
      viewer.close();
      endViewers();
    });
    await viewer.connect(async (sdp) => {
      // Our subscription may come to the broker after the offer: the same text is answered again.
      await vi.waitFor(
        () => {
          page.publish(offer, JSON.stringify({ type: 'offer', sdp }));
          expect(heard.length).toBeGreaterThan(0);
        },
        { timeout: 20_000, interval: 500 },
      );
      return heard[0] ?? '';
    });
    const keyPicture = (): boolean => {
      const depacketizer = new H264Depacketizer();
      return viewer.packets
        .flatMap((packet) => depacketizer.push(packet))
        .some(({ nalUnits }) => nalUnits.some(isIdr));
    };
    await vi.waitFor(() => expect(keyPicture()).toBe(true), { timeout: 20_000, interval: 200 });
    expect(pinhole.output()).toMatch(/^pinhole: --hw-accel has no effect: /m);
    expect(pinhole.output()).toMatch(/^pinhole: --fps has no effect: the camera itself says/m);
    expect(pinhole.output()).toContain('Cameras: garden (');
    await vi.waitFor(() => expect(existsSync(join(folder, 'recordings', 'garden'))).toBe(true), {
      timeout: 20_000,
    });
  },
);
