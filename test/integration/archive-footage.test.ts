import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Micros, micros, silentLogger } from '@pinhole/core';
import { Archive, FootageReader, type FootageRequest } from '@pinhole/outputs/archive';
import { afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { readFrameNumbers } from '../support/read-clip.ts';
import { readFmp4 } from '../support/read-fmp4.ts';
import { type RecordedUnits, recordedUnits, writeSegment } from '../support/recorded-segment.ts';
import { refusalOf } from '../support/refusal-of.ts';
import { needs } from '../support/third-parties.ts';
import { timeCodedClip } from '../support/time-coded-clip.ts';

const START = micros(Date.parse('2026-11-21T10:00:00Z') * 1000);
const FRAME = 1e6 / 30;
const at = (frame: number): Micros => micros(START + Math.round(frame * FRAME));
const numbers = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, i) => from + i);

needs('ffmpeg').describe('footage', () => {
  let clip: RecordedUnits;
  let root: string;
  let archive: Archive;
  let footage: FootageReader;

  beforeAll(async () => {
    const stream = await readFile(await timeCodedClip({ seconds: 12, format: 'h264' }));
    clip = recordedUnits(stream, { start: START, interval: micros(FRAME) });
  });
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'footage-'));
  });
  afterEach(async () => {
    await archive.close();
    await rm(root, { recursive: true, force: true });
  });

  const openArchive = async (): Promise<void> => {
    archive = await Archive.open({ camera: 'door', root, now: () => at(400), log: silentLogger });
    await archive.sweep();
    footage = new FootageReader({ archive });
  };
  const part = (from: number, to: number): RecordedUnits => ({ ...clip, units: clip.units.slice(from, to) });
  const save = async (request: FootageRequest): Promise<string> => {
    const opened = await footage.open(request);
    const file = join(root, 'out.mp4');
    await writeFile(file, opened.stream());
    return file;
  };

  it('goes over the borders of recordings without losing or doubling a picture', async () => {
    for (const border of [0, 120, 240]) await writeSegment(root, part(border, border + 120));
    await openArchive();

    const file = await save({ from: at(105), to: at(276), purpose: 'playback' });

    // From the key frame before, to the end of the fragment in which the range ends.
    expect(readFrameNumbers(file)).toEqual(numbers(90, 285));
    const { packets } = await readFmp4([await readFile(file)]);
    const times = packets.map(({ timestamp }) => Math.round(timestamp * 90_000));
    expect(times).toEqual(numbers(0, 195).map((i) => i * 3000));
  });
});
