import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { micros } from '@pinhole/core';
import { joinAnnexB } from '@pinhole/media/h264';
import { readTimeCode } from '@pinhole/media/timecode';
import { expect } from 'vitest';
import { FilmOfSnapshots } from '../../packages/outputs/src/pictures/film-of-snapshots.ts';
import type { DecodedJpeg } from '../../packages/outputs/src/pictures/picture-decoder.ts';
import { ffmpegOutput } from '../support/clip-file.ts';
import { fixtureUnits } from '../support/fixture-units.ts';
import { needs } from '../support/third-parties.ts';
import { timeCodedClip } from '../support/time-coded-clip.ts';

const [width, height] = [320, 180];

needs('ffmpeg').it(
  'JPEG pictures come by the ffmpeg program alone: the newest of the last group, dated right',
  async () => {
    const clip = await timeCodedClip({ width, height, seconds: 2, gop: 20, format: 'h264' });
    const units = fixtureUnits(new Uint8Array(await readFile(clip)), { interval: micros(33_333) });
    const pictures: DecodedJpeg[] = [];
    const failures: unknown[] = [];
    const film = new FilmOfSnapshots({
      quality: 80,
      picture: (picture) => pictures.push(picture),
      failed: (error) => failures.push(error),
    });

    for (const [number, { nalUnits, key }] of units.slice(0, 50).entries()) {
      film.push({ data: joinAnnexB(nalUnits), key, captureTime: micros(number), hidden: false }, () => {});
    }
    await expect.poll(() => pictures.length, { timeout: 10_000 }).toBe(1);

    const [picture] = pictures;
    const luma = ffmpegOutput(
      ['-i', 'pipe:0', '-pix_fmt', 'gray', '-f', 'rawvideo', 'pipe:1'],
      picture?.jpeg,
    );
    expect(picture).toMatchObject({ width, height, captureTime: 49 });
    expect(readTimeCode({ luma: new Uint8Array(luma), width, height })?.frameNumber).toBe(49);

    // Three in a row of which nothing comes, and it gives up.
    for (let number = 100; failures.length === 0 && number < 120; number++) {
      const damaged = { data: Uint8Array.of(0, 0, 0, 1, 0x65), key: true, captureTime: micros(number) };
      film.push({ ...damaged, hidden: false }, () => {});
      await sleep(300);
    }
    expect(failures).toMatchObject([{ code: 'ffmpeg/decode' }]);
    film.close();
  },
);
