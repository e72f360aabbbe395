import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, openSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { millis } from '@pinhole/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SystemClock } from '../../clock.ts';
import { waitForDevice } from '../../watch-device.ts';
import { deviceFault } from './device-fault.ts';

let folder: string;
let device: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'pinhole-device-'));
  device = join(folder, 'video0');
  writeFileSync(device, '');
});
afterAll(() => rmSync(folder, { recursive: true }));

describe('deviceFault', () => {
  it.each([
    ['Failed to open /dev/video0: Permission denied', 'source/forbidden', 'sudo usermod -aG video'],
    ['VIDIOC_S_FMT: failed: Device or resource busy', 'source/busy', 'sudo fuser -v'],
    ['VIDIOC_DQBUF: failed: No such device', 'source/device-gone', 'was taken away: plug the camera in'],
    ['brightness: Numerical result out of range', 'source/failed', 'brightness: Numerical result'],
    ['', 'source/failed', 'v4l2-ctl ended without a word'],
  ])('makes of %j: %s', async (words, code, message) => {
    expect(await deviceFault(device, words)).toMatchObject({
      code,
      message: expect.stringContaining(message),
    });
  });

  it('tells how to find a camera again by its identity, unless that was the path', async () => {
    const { message } = await deviceFault('/dev/video99', 'ENOENT');
    const byId = await deviceFault('/dev/v4l/by-id/usb-x-video-index0', 'ENOENT');

    expect(message).toContain('/dev/v4l/by-id/ finds a camera again');
    expect(byId).toMatchObject({ code: 'source/no-such-device' });
    expect(byId.message).not.toContain('finds a camera again');
  });

  it('names who has the device open, through a link too', async () => {
    const link = join(folder, 'by-id');
    symlinkSync('video0', link);
    const holder = spawn('sleep', ['30'], { stdio: [openSync(device, 'r'), 'ignore', 'ignore'] });
    await once(holder, 'spawn');

    const fault = await deviceFault(link, 'VIDIOC_S_FMT: failed: Device or resource busy');
    holder.kill();
    await once(holder, 'exit');

    expect(fault.message).toContain(`in use by sleep (process ${holder.pid})`);
  });
});

describe('waitForDevice', () => {
  const clock = new SystemClock();

  it('ends when the device appears, by a folder that was not there either', async () => {
    const path = join(folder, 'v4l/by-id/camera');
    const { signal } = new AbortController();
    const waiting = waitForDevice(path, { delayMs: millis(20_000), clock, signal });

    mkdirSync(join(folder, 'v4l/by-id'), { recursive: true });
    symlinkSync('../../video0', path);

    expect(await waiting).toBe('appeared');
  });

  it('ends by time where it stays away, and at once when nobody waits any more', async () => {
    const path = join(folder, 'nothing');
    const abort = new AbortController();

    expect(await waitForDevice(path, { delayMs: millis(30), clock, signal: abort.signal })).toBe('time');
    const waiting = waitForDevice(path, { delayMs: millis(60_000), clock, signal: abort.signal });
    abort.abort();
    expect(await waiting).toBe('aborted');
  });
});
