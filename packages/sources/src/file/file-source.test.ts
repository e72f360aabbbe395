import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import type { AccessUnit } from '@pinhole/engine';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FakeClock } from '../fake-clock.ts';
import { failure, intervals, play, RAW_FRAMES, writeRawClip } from './fake-player.ts';
import { createFileSource } from './file-source.ts';

const folder = mkdtempSync(join(tmpdir(), 'pinhole-file-source-'));
const inFolder = (name: string): string => join(folder, name);
afterAll(() => rmSync(folder, { recursive: true }));

const RAW = inFolder('raw.h264');
beforeAll(() => writeRawClip(RAW));

describe('a raw H.264 file', () => {
  it('plays at the rate of its SPS, over and over, with no jump at the seam', async () => {
    const { units, handedOnMs, states } = await play({ path: RAW }, 3 * RAW_FRAMES);

    expect(states).toEqual([{ kind: 'connecting' }, { kind: 'live' }]);
    expect(new Set(intervals(units.map((unit) => unit.pts)))).toEqual(new Set([50_000]));
    expect(new Set(intervals(units.map((unit) => unit.dts)))).toEqual(new Set([50_000]));
    expect(new Set(intervals(handedOnMs))).toEqual(new Set([50]));
    expect(units.map((unit) => unit.sequence)).toEqual(units.map((_, i) => i));
    expect(units.flatMap((unit, i) => (unit.key ? i : []))).toEqual([0, RAW_FRAMES, 2 * RAW_FRAMES]);
  });

  it('hands its bytes on as they are, and says when', async () => {
    const { units, handedOnMs } = await play({ path: RAW }, RAW_FRAMES);

    expect(Buffer.concat(units.map((unit) => unit.data))).toEqual(readFileSync(RAW));
    const utc = units.map((unit) => unit.captureTime / 1000);
    expect(intervals(utc)).toEqual(intervals(handedOnMs));
    expect(new Date(utc[0] ?? 0).toISOString()).toBe('2026-01-02T03:04:10.000Z');
  });

  it('plays at another rate when told', async () => {
    const { units } = await play({ path: RAW, framesPerSecond: 40 }, RAW_FRAMES + 4);

    expect(new Set(intervals(units.map((unit) => unit.dts)))).toEqual(new Set([25_000]));
  });

  it('ends with the file when it is not to loop', async () => {
    const { units, clock } = await play({ path: RAW, loop: false }, 1000);

    expect(units).toHaveLength(RAW_FRAMES);
    expect(clock.pending).toBe(0);
  });

  it('begins at the first key picture', async () => {
    const [first, ...rest] = (await play({ path: RAW }, RAW_FRAMES)).units.map((unit) => unit.data);
    writeFileSync(inFolder('cut.h264'), Buffer.concat([...rest, first ?? Buffer.of(), ...rest]));

    const { units } = await play({ path: inFolder('cut.h264'), loop: false }, 1000);

    expect(units).toHaveLength(RAW_FRAMES);
    expect(units[0]?.key).toBe(true);
  });

  it('is put off, not hurried through, after a long stall, and catches up after a short one', async () => {
    const clock = new FakeClock();
    const source = createFileSource({ path: RAW, clock });
    const at: number[] = [];
    const abort = new AbortController();
    const sink = {
      write: () => {
        at.push(clock.monotonicNow());
        if (at.length === 4) clock.stall(400);
        if (at.length === 20) clock.stall(30_000);
        if (at.length === 30) abort.abort();
      },
      state: () => {},
    };
    const ended = source.start(sink, { signal: abort.signal });
    while (at.length < 30) {
      await setImmediate();
      clock.advanceToNext();
    }
    await ended;

    expect(intervals(at).slice(0, 15)).toEqual([50, 50, 50, 400, 0, 0, 0, 0, 0, 0, 0, 50, 50, 50, 50]);
    expect(intervals(at).slice(18)).toEqual([50, 30_000, 50, 50, 50, 50, 50, 50, 50, 50, 50].slice(0, 11));
    expect(source.counters).toEqual({ pictures: 30, audioFrames: 0, postponements: 1 });
  });

  it('goes on with its times and numbers when it is started again', async () => {
    const { source, sink, units } = await play({ path: RAW }, 5);
    const before = units.at(-1);

    await expect(source.start(sink, { signal: AbortSignal.abort() })).resolves.toBeUndefined();
    expect(units.at(-1)).toBe(before);
    const abort = new AbortController();
    const again: AccessUnit[] = [];
    const onlyOne = (unit: AccessUnit): void => {
      again.push(unit);
      abort.abort();
    };
    await source.start({ write: onlyOne, state: () => {} }, { signal: abort.signal });

    expect(again[0]?.sequence).toBe(5);
    expect(again[0]?.key).toBe(true);
    expect(again[0]?.dts).toBeGreaterThan(before?.dts ?? 0);
  });

  it('has no controls and makes no key frames', async () => {
    const source = createFileSource({ path: '/videos/walk.mp4' });

    expect(source.describe()).toEqual({ kind: 'file', label: 'walk.mp4', keyFrameOnRequest: false });
    expect(source.controls()).toEqual([]);
    await expect(source.setControl('zoom')).rejects.toMatchObject({ code: 'control/unknown' });
  });
});

describe('a file that cannot be played', () => {
  it('is named when it does not exist', async () => {
    expect(await failure({ path: inFolder('nowhere.mp4') })).toMatchObject({
      code: 'source/file-not-found',
      message: expect.stringContaining('nowhere.mp4: check the path'),
    });
  });

  it('is named when it is a folder', async () => {
    mkdirSync(inFolder('folder.mp4'));

    expect(await failure({ path: inFolder('folder.mp4') })).toMatchObject({
      code: 'source/file-unreadable',
      message: expect.stringContaining('is a folder'),
    });
  });

  it.each([
    ['empty', new Uint8Array()],
    ['text', Buffer.from('this is no film, however often it is read as one '.repeat(100))],
    [
      'the beginning of an MP4',
      Buffer.from('0000001c667479706d703432000000006d70343269736f6d00000100', 'hex'),
    ],
  ])('is named when it is %s', async (name, bytes) => {
    const path = inFolder(`${name.replaceAll(' ', '-')}.mp4`);
    writeFileSync(path, bytes);

    const thrown = await failure({ path });

    expect(thrown).toMatchObject({ message: expect.stringContaining(path) });
    expect(['source/file-unreadable', 'source/no-h264']).toContain((thrown as { code: string }).code);
  });

  it('is told from H.264 when its start codes belong to something else', async () => {
    const path = inFolder('hevc.h265');
    const vps = '0000000140010c01ffff01600000030090000003000003005d959809';
    writeFileSync(path, Buffer.from(vps.repeat(20), 'hex'));

    expect(await failure({ path })).toMatchObject({ code: 'source/no-h264' });
  });

  it('is refused before it is opened when its rate is none', () => {
    expect(() => createFileSource({ path: RAW, framesPerSecond: 0 })).toThrowError(
      expect.objectContaining({ code: 'source/bad-option', message: 'framesPerSecond 0: use 1 to 240' }),
    );
  });
});
