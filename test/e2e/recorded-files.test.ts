import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { micros } from '@pinhole/core';
import { boxesIn } from '@pinhole/media/fmp4';
import { afterAll, beforeAll, expect } from 'vitest';
import { type Browser, openChromium } from '../support/chromium.ts';
import { openRecorderRig, recordingFolder } from '../support/recorder-rig.ts';
import { soundClip } from '../support/sound-clip.ts';
import { needs } from '../support/third-parties.ts';

const { describe, it } = needs('chromium', 'ffmpeg');

/** What a page tells of a file. */
interface Played {
  readonly duration: number;
  readonly currentTime: number;
  readonly width: number;
  readonly error: string | undefined;
}

let browser: Browser;
beforeAll(async () => {
  browser = await openChromium();
});
afterAll(() => browser?.close());

/** Opens a file in a plain video element, plays it to its end, and seeks back. */
async function play(file: Uint8Array): Promise<{ readonly ended: Played; readonly soughtTo: number }> {
  const page = await browser.newPage();
  const outcome = await page.evaluate(async (base64) => {
    const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
    const video = document.createElement('video');
    video.muted = true;
    video.playbackRate = 2;
    document.body.append(video);
    video.src = URL.createObjectURL(new Blob([bytes], { type: 'video/mp4' }));
    const settled = new Promise((resolve) => {
      video.onended = resolve;
      video.onerror = resolve;
      setTimeout(resolve, 20_000);
    });
    await video.play().catch(() => {});
    await settled;
    const { duration, currentTime, videoWidth: width } = video;
    const ended = { duration, currentTime, width, error: video.error?.message };
    const sought = new Promise((resolve) => {
      video.onseeked = resolve;
      setTimeout(resolve, 5000);
    });
    video.currentTime = 2.2;
    await sought;
    return { ended, soughtTo: video.readyState >= 2 ? video.currentTime : -1 };
  }, Buffer.from(file).toString('base64'));
  await page.close();
  return outcome;
}

describe('a recorded file in a plain video element', () => {
  it.each([
    ['that was closed', 'closed'],
    ['that a crash cut', 'cut'],
    ['that a power cut tore, after the program was started again', 'torn'],
  ] as const)('%s plays to its end and can be sought in', async (_, how) => {
    const root = await recordingFolder();
    const rig = openRecorderRig({ root, segment: micros(60_000_000), startAt: Date.UTC(2026, 0, 1) });
    const clip = await soundClip('aac', 8);
    await rig.run(200);
    rig.play(clip);
    await rig.run(6000);
    const open = new Uint8Array(await readFile(rig.recorder.state.background.file ?? ''));
    await rig.close();
    const whole = new Uint8Array(await readFile(rig.segments[0]?.path ?? ''));
    const boxes = [...boxesIn(open)];
    const torn = join(root, '20260101/00/20260101_000000.mp4');
    await writeFile(torn, open.subarray(0, (boxes.at(-1)?.offset ?? 0) + 40));
    const again = openRecorderRig({ root, startAt: Date.UTC(2026, 0, 1, 0, 10) });
    await again.run(500);
    await again.close();
    const file = { closed: whole, cut: open, torn: new Uint8Array(await readFile(torn)) }[how];

    const { ended, soughtTo } = await play(file);

    expect(ended).toMatchObject({ error: undefined, width: 160 });
    expect(ended.currentTime).toBeGreaterThan(5);
    expect(soughtTo).toBeCloseTo(2.2, 1);
    if (how === 'closed') expect(ended.duration).toBeCloseTo(6.3, 0);
  });
});
