import { type Micros, micros, millis, silentLogger } from '@pinhole/core';
import type { MediaKind, Source } from '@pinhole/engine';
import { openH264Encoder } from '@pinhole/ffmpeg';
import { joinAnnexB } from '@pinhole/media/h264';
import { createEsp32Source } from '@pinhole/sources/esp32';
import { createRpicamSource } from '@pinhole/sources/rpicam';
import { createRtspSource } from '@pinhole/sources/rtsp';
import { createV4l2Source } from '@pinhole/sources/v4l2';
import { createWhipSource } from '@pinhole/sources/whip';
import { createTransports } from '@pinhole/webrtc';
import { encodeClip } from '../test/support/clip.ts';
import { Esp32Emulator } from '../test/support/esp32-emulator/index.ts';
import { withFakeRpicam } from '../test/support/fake-rpicam/fake-rpicam.ts';
import { RtpPublisher } from '../test/support/rtp-publisher.ts';
import { ScriptedRtspCamera } from '../test/support/scripted-rtsp-camera.ts';
import { timeCodedPictures } from '../test/support/time-coded-pictures.ts';
import { openVirtualCamera, type VirtualMode } from '../test/support/virtual-camera/virtual-camera.ts';
import type { Bench, BenchContext, Figure } from './support/figure.ts';
import { pause } from './support/machine.ts';
import { quantile } from './support/statistics.ts';
import { type ReadPicture, readPictures, watchSource } from './support/watched-source.ts';

const [WIDTH, HEIGHT, RATE] = [640, 360, 30];
/** While it starts, the machine is what is late. */
const WARM_UP = 30;
const MEASURED = 150;
const ENCODED = 90;

/** How long a picture takes from a camera to the stream. */
export const bench: Bench = {
  title: 'From the camera to the access unit',
  about: `Sources alone, without a server, against the stand-ins for cameras that the tests use; ${WIDTH}×${HEIGHT} at ${RATE} pictures a second (ESP32: 320×240 at 15), ${MEASURED} pictures each. From the moment that is drawn in a picture to its being handed over, so the stand-in's own drawing, coding and sending is in it: some 2 ms with the Raspberry Pi and with H.264 by USB, 5 to 10 ms where ffmpeg makes its JPEG (MJPEG by USB). With ESP32, RTSP and WHIP from the first byte of a picture that is sent. The encoder alone: from a JPEG picture handed to it to the unit, one after the other.`,
  needs: ['linux', 'ffmpeg', 'v4l2-ctl', 'gcc'],
  run: async (context) => [
    ...(await rpicam(context, 'Raspberry Pi, with time stamps', {})),
    ...(await rpicam(context, 'Raspberry Pi, without', { FAKE_RPICAM_MODEL: 'old' })),
    ...(await usb(context, 'USB, H.264', { fourcc: 'H264', wants: 'units' })),
    ...(await usb(context, 'USB, MJPEG as it is', { fourcc: 'MJPG', wants: 'pictures' })),
    ...(await usb(context, 'USB, MJPEG encoded', { fourcc: 'MJPG', wants: 'units' })),
    ...(await usb(context, 'USB, YUYV encoded', { fourcc: 'YUYV', wants: 'units' })),
    ...(await esp32(context, 'ESP32, JPEG as it is', 'pictures')),
    ...(await esp32(context, 'ESP32, encoded', 'units')),
    ...(await rtsp(context)),
    ...(await whip(context)),
    ...(await encoder(context, { width: 640, height: 360 })),
    ...(await encoder(context, { width: 1280, height: 720 })),
    ...(await encoder(context, { width: 1920, height: 1080 })),
  ],
};

const figuresOf = (name: string, delays: readonly number[]): readonly Figure[] =>
  ([0.5, 0.95] as const).map((share) => ({
    name,
    measure: `p${share * 100}`,
    value: quantile(delays, share),
    unit: 'ms',
  }));

async function measure(
  context: BenchContext,
  source: Source,
  options: { readonly wants: MediaKind; readonly width?: number; readonly height?: number },
): Promise<readonly ReadPicture[]> {
  const { wants, width = WIDTH, height = HEIGHT } = options;
  const watched = watchSource(context, source, { wants });
  await watched.until(wants, WARM_UP + MEASURED);
  await watched.stop();
  const format = wants === 'units' ? 'h264' : 'mjpeg';
  return readPictures(watched[wants], { format, width, height }).slice(WARM_UP);
}

const sinceDrawnMs = (pictures: readonly ReadPicture[]): readonly number[] =>
  pictures.map(({ at, capturedAt }) => at - capturedAt);

async function rpicam(
  context: BenchContext,
  name: string,
  env: Readonly<Record<string, string>>,
): Promise<readonly Figure[]> {
  const fake = await withFakeRpicam({ FAKE_RPICAM_ENCODE_MS: '0', ...env });
  context.defer(() => fake.remove());
  const source = createRpicamSource({
    by: 'program',
    encoder: 'hardware',
    settings: { size: `${WIDTH}x${HEIGHT}`, fps: RATE },
    env: { ...process.env, ...fake.env },
  });
  return figuresOf(name, sinceDrawnMs(await measure(context, source, { wants: 'units' })));
}

async function usb(
  context: BenchContext,
  name: string,
  { fourcc, wants }: Pick<VirtualMode, 'fourcc'> & { readonly wants: MediaKind },
): Promise<readonly Figure[]> {
  const mode = { fourcc, width: WIDTH, height: HEIGHT, framesPerSecond: RATE };
  const camera = await openVirtualCamera({ modes: [mode] });
  const path = process.env['PATH'];
  process.env['PATH'] = camera.env['PATH'];
  try {
    const source = createV4l2Source({ path: camera.path });
    return figuresOf(name, sinceDrawnMs(await measure(context, source, { wants })));
  } finally {
    process.env['PATH'] = path;
    await camera.close();
  }
}

async function esp32(context: BenchContext, name: string, wants: MediaKind): Promise<readonly Figure[]> {
  const sentAt = new Map<number, number>();
  const camera = await new Esp32Emulator({
    framesPerSecond: 15,
    picture: (jpeg, number) => {
      sentAt.set(number, performance.timeOrigin + performance.now());
      return jpeg;
    },
  }).open();
  try {
    const source = createEsp32Source({ url: `http://${camera.address}/` });
    const pictures = await measure(context, source, { wants, width: 320, height: 240 });
    return figuresOf(
      name,
      pictures.map(({ at, frameNumber }) => at - (sentAt.get(frameNumber) ?? Number.NaN)),
    );
  } finally {
    await camera.close();
  }
}

async function rtsp(context: BenchContext): Promise<readonly Figure[]> {
  const clip = encodeClip({ size: `${WIDTH}x${HEIGHT}` });
  const sentAt: number[] = [];
  const camera = await new ScriptedRtspCamera({
    stream: joinAnnexB(clip.map(({ data }) => data)),
    aboutToSend: () => sentAt.push(performance.timeOrigin + performance.now()),
  }).open();
  try {
    const watched = watchSource(context, createRtspSource({ url: camera.url() }), { wants: 'units' });
    await watched.until('units', WARM_UP + MEASURED);
    await watched.stop();
    return figuresOf('RTSP over TCP', sinceSentMs(watched.units, sentAt));
  } finally {
    await camera.close();
  }
}

async function whip(context: BenchContext): Promise<readonly Figure[]> {
  const clip = encodeClip({ size: `${WIDTH}x${HEIGHT}` });
  const source = createWhipSource({
    endpoint: '/whip/bench',
    transports: createTransports({ hostAddresses: ['127.0.0.1'], log: silentLogger }),
    stallMs: millis(5_000),
  });
  const watched = watchSource(context, source, { wants: 'units' });
  const publisher = new RtpPublisher();
  const sentAt: number[] = [];
  try {
    await publisher.connect(async (offer) => (await source.publish({ offer, ended: () => {} })).answer);
    for (let i = 0; i < WARM_UP + MEASURED; i++) {
      sentAt.push(performance.timeOrigin + performance.now());
      publisher.picture(clip[i % clip.length]?.data ?? new Uint8Array(), { ticks: i * (90_000 / RATE) });
      await pause(1000 / RATE);
    }
    await watched.until('units', WARM_UP + MEASURED);
  } finally {
    await watched.stop();
    publisher.close();
  }
  return figuresOf('WHIP', sinceSentMs(watched.units, sentAt));
}

const sinceSentMs = (
  units: readonly { readonly at: number }[],
  sentAt: readonly number[],
): readonly number[] =>
  units.map(({ at }, i) => at - (sentAt[i] ?? Number.NaN)).slice(WARM_UP, WARM_UP + MEASURED);

/** From a picture to its unit, one after the other: nothing waits for another. */
async function encoder(
  context: BenchContext,
  size: { readonly width: number; readonly height: number },
): Promise<readonly Figure[]> {
  const pictures = await timeCodedPictures({ ...size, count: ENCODED });
  let done = (): void => {};
  const open = openH264Encoder({ input: { kind: 'mjpeg' }, encoder: 'libx264', unit: () => done() });
  context.defer(() => open.close());
  const delays: number[] = [];
  for (const [i, data] of pictures.entries()) {
    const encoded = new Promise<void>((resolve) => {
      done = resolve;
    });
    const startedAt = performance.now();
    open.write({ data, captureTime: captureTimeOf(i) });
    await encoded;
    delays.push(performance.now() - startedAt);
  }
  await open.close();
  return figuresOf(`encoder alone, ${size.width}×${size.height}`, delays.slice(WARM_UP));
}

const captureTimeOf = (picture: number): Micros =>
  micros(1_700_000_000_000_000 + Math.round((picture * 1e6) / RATE));
