import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type Micros, micros, PinholeError, silentLogger } from '@pinhole/core';
import { Archive, FootageReader, formatRecordingPath, localTimeOf } from '@pinhole/outputs/archive';
import { expect, it, onTestFinished } from 'vitest';
import { h264Fixture } from '../support/h264-fixture.ts';
import { recordedUnits, segmentBytes } from '../support/recorded-segment.ts';

const START = micros(Date.parse('2026-11-21T10:00:00Z') * 1000);
const MINUTE = 60e6;
const minute = (count: number): Micros => micros(START + count * MINUTE);

/** Small and repeatable (Steele, Vigna: SplitMix). */
function randomFrom(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x9e3779b9) | 0;
    let z = Math.imul(state ^ (state >>> 16), 0x21f0aaad);
    z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
    return ((z ^ (z >>> 15)) >>> 0) % below;
  };
}

const TELLING = [0, 1, 2, 7, 8, 15, 16, 0x7f, 0x80, 0xff];

/** A whole recording with some bytes of its boxes changed, cut off, doubled or swapped. */
function garbled(whole: Uint8Array, random: (below: number) => number): Uint8Array {
  const bytes = Buffer.from(whole);
  for (let i = 0; i <= random(4); i++) {
    const at = random(Math.min(bytes.byteLength, random(3) === 0 ? bytes.byteLength : 1400));
    const what = random(5);
    if (what < 3) bytes[at] = TELLING[random(TELLING.length)] ?? 0;
    else if (what === 3) bytes.writeUInt32BE(random(2 ** 32 - 1), Math.min(at, bytes.byteLength - 4));
    else bytes.copy(bytes, random(bytes.byteLength), at, Math.min(bytes.byteLength, at + random(200)));
  }
  return random(4) === 0 ? bytes.subarray(0, random(bytes.byteLength)) : bytes;
}

it('of a thousand garbled files each is listed, none ends more than its own picture, and none stays open', {
  timeout: 60_000,
}, async () => {
  const root = await mkdtemp(join(tmpdir(), 'garbled-'));
  onTestFinished(() => rm(root, { recursive: true, force: true }));
  const random = randomFrom(20_261_121);
  const count = 1000;
  for (let i = 0; i < count; i++) {
    const units = recordedUnits(h264Fixture('baseline'), { start: minute(i), interval: micros(40_000) });
    const whole = segmentBytes({ ...units, sound: true, fragment: micros(120_000) });
    const local = localTimeOf(minute(i));
    const path = join(root, formatRecordingPath({ branch: '', local, copy: 1, kind: 'mp4' }));
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, i % 10 === 0 ? whole : garbled(whole, random));
  }
  const archive = await Archive.open({ camera: 'door', root, now: () => minute(5000), log: silentLogger });
  onTestFinished(() => archive.close());
  const open = async (): Promise<number> => (await readdir('/proc/self/fd')).length;
  const before = await open();

  await archive.sweep();

  const states = new Set(archive.files.map(({ state }) => state));
  expect(archive.files).toHaveLength(count);
  expect([...states].toSorted()).toEqual(['complete', 'cut', 'unreadable']);
  expect(archive.counters.filesUnread).toBe(0);
  const footage = new FootageReader({ archive });
  let played = 0;
  const refusals = new Set<string>();
  for (let i = 0; i < count; i++) {
    for (const purpose of ['playback', 'export'] as const) {
      try {
        const opened = await footage.open({ from: minute(i), to: minute(i + 1), purpose });
        const bytes = await new Response(opened.stream()).arrayBuffer();
        if (bytes.byteLength > 2000) played++;
      } catch (thrown) {
        // Others are our mistakes.
        if (!(thrown instanceof PinholeError)) throw thrown;
        refusals.add(thrown.code);
      }
    }
  }
  expect(played).toBeGreaterThan(count / 2);
  expect([...refusals].filter((code) => code !== 'footage/mixed')).toEqual(['footage/nothing-recorded']);
  // What is whole is played whole, whatever lies beside it.
  const { sizeBytes } = archive.files.find(({ startTime }) => startTime === minute(500)) ?? { sizeBytes: 0 };
  const whole = await footage.open({ from: minute(500), to: minute(501), purpose: 'playback' });
  expect((await new Response(whole.stream()).arrayBuffer()).byteLength).toBeGreaterThan(sizeBytes * 0.8);
  expect(await open()).toBe(before);
});
