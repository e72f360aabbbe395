import { micros, millis } from '@pinhole/core';
import { expect, it } from 'vitest';
import { ClockOffset } from './clock/clock-offset.ts';
import type { PicturePath } from './paths/picture-path.ts';
import { PlayerMeter } from './player-meter.ts';

const FRAME_MS = 33;

/** A meter whose clock agrees with the server's; `paint` shows the picture captured at `capturedMs`. */
function openMeter() {
  const clock = new ClockOffset();
  clock.add({ sentAt: millis(0), receivedAt: millis(0), serverTime: micros(0) });
  const meter = new PlayerMeter(clock);
  const paint = (capturedMs: number, delayMs: number) =>
    meter.painted({
      paintedAt: millis(capturedMs + delayMs),
      captureTime: micros(capturedMs * 1000),
      width: 640,
      height: 360,
    });
  return { meter, paint };
}

it('leaves pictures that a server sends once more out of the delay', () => {
  const { meter, paint } = openMeter();
  for (let i = 0; i < 10; i++) paint(i * FRAME_MS, 20);
  for (let i = 0; i < 10; i++) paint(i * FRAME_MS, 900);
  paint(10 * FRAME_MS, 24);

  expect(meter.latency).toMatchObject({ frames: 11, lastMs: 24, p50Ms: 20, p95Ms: 24 });
});

it('tells what is sent, and what was decided about that, while WebRTC shows the picture', async () => {
  const { meter } = openMeter();
  const counts = { changes: 3, leftOut: 41, subRefusals: 0 };
  const frames = { received: 0, decoded: 0, painted: 0, dropped: 0 };
  const pathOf = (transport: PicturePath['transport']) =>
    ({
      transport,
      player: 'native',
      report: () => Promise.resolve({ frames, receivedBytes: 0 }),
    }) as PicturePath;
  const statsOf = async (path: PicturePath) => {
    await meter.measure(path, millis(0));
    return await meter.measure(path, millis(1_000));
  };
  const webrtc = pathOf('webrtc');

  meter.delivered({ stream: 'sub', pictures: 'all', why: 'queue', counts });
  expect(await statsOf(webrtc)).toMatchObject({
    delivery: { stream: 'sub', pictures: 'all', why: 'queue' },
    deliveryCounts: counts,
  });

  meter.delivered({ stream: 'main', pictures: 'all', counts: { ...counts, changes: 4 } });
  const all = await statsOf(webrtc);
  expect(all?.deliveryCounts?.changes).toBe(4);
  expect(all).not.toHaveProperty('delivery');
  expect(await statsOf(pathOf('websocket'))).not.toHaveProperty('deliveryCounts');

  meter.delivered({ stream: 'main', pictures: 'all' });
  expect(await statsOf(webrtc)).not.toHaveProperty('deliveryCounts');
});

it('goes on after the clock of the server was set back', () => {
  const { meter, paint } = openMeter();
  paint(100_000, 20);
  paint(1_000, 22);

  expect(meter.latency?.frames).toBe(2);
});
