import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  closeSync,
  openSync,
  readFileSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { promisify } from 'node:util';
import { micros, millis } from '@pinhole/core';
import { nalType, nalUnits } from '@pinhole/media/h264';
import { SlotPublisher, type SlotTarget } from '@pinhole/outputs/ustreamer';
import { SLOT_LAYOUTS, type SlotLayoutName } from '@pinhole/protocol/memsink';
import { listSlots } from '@pinhole/sources/ustreamer';
import { afterEach, describe, expect, it } from 'vitest';
import { encodeClip } from '../support/clip.ts';
import { PROGRAM } from '../support/program.ts';
import { needs } from '../support/third-parties.ts';
import { type SlotViewer, watchSlot } from '../support/ustreamer/slot-viewer.ts';
import {
  freshSlot,
  removeSlots,
  slotPath,
  startUstreamer,
  type Ustreamer,
} from '../support/ustreamer/ustreamer-run.ts';

const NOBODY = 65_534;
const FAST = { firstMs: millis(100), maxMs: millis(300) };
const clip = encodeClip({ size: '160x120' });
const nowMicros = () => micros(Math.round((performance.timeOrigin + performance.now()) * 1000));

/** Where the code of the pixel format stands. */
function formatOffset(name: string): number {
  const at = readFileSync(slotPath(name)).subarray(0, 200).indexOf('H264');
  if (at === -1) throw new Error('no format');
  return at;
}

describe('a slot of µStreamer', () => {
  const names = new Set<string>();
  const viewers: SlotViewer[] = [];
  const running: Ustreamer[] = [];
  afterEach(async () => {
    await Promise.all(viewers.splice(0).map((viewer) => viewer.stop()));
    await Promise.all(running.splice(0).map((one) => one.stop()));
    removeSlots(names);
    names.clear();
  });

  const fresh = (kind: 'h264' | 'jpeg' = 'h264'): string => {
    const name = freshSlot(kind);
    names.add(name);
    return name;
  };
  const watch = (...args: Parameters<typeof watchSlot>): SlotViewer => {
    const viewer = watchSlot(...args);
    viewers.push(viewer);
    return viewer;
  };
  const start = async (...args: Parameters<typeof startUstreamer>): Promise<Ustreamer> => {
    const one = await startUstreamer(...args);
    running.push(one);
    return one;
  };
  const openWriter = (name: string, target: Partial<SlotTarget> = {}): SlotPublisher =>
    SlotPublisher.open(
      { name, kind: 'h264', layout: 'B7b', mode: 0o660, removal: 'at-end', ...target },
      { now: nowMicros },
    );
  /** Writes one picture of the clip, however often a reader has the lock. */
  async function write(writer: SlotPublisher, number: number, online = true): Promise<number> {
    const unit = clip[number % clip.length];
    if (!unit) throw new Error('no clip');
    const captureTime = micros(nowMicros() - 20_000);
    const picture = { ...unit, width: 160, height: 120, captureTime, gop: 30, online };
    await expect.poll(() => writer.publish(picture), { interval: 1 }).toBe('published');
    return captureTime;
  }

  describe.each(SLOT_LAYOUTS)('of layout %s', (layout: SlotLayoutName) => {
    it('gives its pictures with the times at which they were taken', async () => {
      const name = fresh();
      const writer = openWriter(name, { layout });
      await write(writer, 0);
      const viewer = watch({ name });
      await expect.poll(() => viewer.units.length).toBe(1);
      const taken: number[] = [];
      for (let i = 1; i < 10; i++) {
        taken.push(await write(writer, i));
        await expect.poll(() => viewer.units.length, { interval: 1 }).toBe(i + 1);
      }

      expect(viewer.source.layout?.name).toBe(layout);
      expect(viewer.states.map(({ kind }) => kind)).toEqual(['connecting', 'live']);
      expect(viewer.units.map(({ key }) => key)).toEqual([true, ...Array<boolean>(9).fill(false)]);
      expect([...nalUnits(viewer.units[0]?.data ?? new Uint8Array())].map(nalType).slice(0, 3)).toEqual([
        9, 7, 8,
      ]);
      expect(viewer.units.slice(1).map(({ data }) => Buffer.from(data))).toEqual(
        clip.slice(1, 10).map(({ data }) => Buffer.from(data)),
      );
      const errors = viewer.units
        .slice(1)
        .map(({ captureTime }, i) => Math.abs(captureTime - (taken[i] ?? 0)));
      expect(Math.max(...errors)).toBeLessThan(5_000);
    });
  });

  it.each(SLOT_LAYOUTS.filter((layout) => !['A1', 'A2'].includes(layout)))(
    'of layout %s asks its writer for a key picture until one comes',
    async (layout) => {
      const name = fresh();
      const writer = openWriter(name, { layout });
      await write(writer, 0);
      const viewer = watch({ name });
      await expect.poll(() => viewer.units.length).toBe(1);
      viewer.source.requestKeyFrame();

      await expect.poll(() => writer.readers.wantsKey).toBe(true);
      await write(writer, 1);
      expect(writer.readers.wantsKey).toBe(true);
      await write(writer, 0);
      expect(writer.readers.wantsKey).toBe(false);
    },
  );

  needs('ustreamer').it(
    'of the real µStreamer 4.9 is read, which sees its reader',
    { timeout: 60_000 },
    async () => {
      const name = fresh('jpeg');
      const first = await start({ sink: name, removal: 'at-end', clientTtlSeconds: 1 });
      expect((await listSlots()).slots.map((slot) => slot.name)).toContain(name);
      const viewer = watch({ name, wants: 'pictures', retry: FAST });
      await expect.poll(() => viewer.pictures.length, { timeout: 10_000 }).toBeGreaterThan(1);

      expect(viewer.pictures[0]).toMatchObject({ width: 640, height: 480 });
      expect(viewer.pictures[0]?.data.byteLength).toBe(13_845);
      expect(viewer.state()).toBe('source/no-signal');
      expect(viewer.source.describe()).toMatchObject({ jpeg: true });
      await expect.poll(() => first.hasClients(), { timeout: 10_000 }).toBe(true);
      const film = watch({ name, wants: 'units' });
      await expect.poll(() => film.units[0]?.key, { timeout: 20_000 }).toBe(true);
      await film.stop();

      // With -rm the name means another object afterwards, without it the same.
      await first.stop();
      await expect.poll(() => viewer.state(), { timeout: 10_000 }).toBe('source/no-slot');
      const second = await start({ sink: name, removal: 'never', clientTtlSeconds: 1 });
      const before = viewer.pictures.length;
      await expect.poll(() => viewer.pictures.length, { timeout: 10_000 }).toBeGreaterThan(before);
      expect(viewer.source.counters.opened).toBe(2);

      await second.stop();
      const third = await start({ sink: name, removal: 'at-end', clientTtlSeconds: 1 });
      const between = viewer.pictures.length;
      await expect.poll(() => viewer.pictures.length, { timeout: 10_000 }).toBeGreaterThan(between);
      expect(viewer.source.counters.opened).toBe(2);
      await viewer.stop();
      await expect.poll(() => third.hasClients(), { timeout: 10_000 }).toBe(false);
    },
  );

  it('that is not there, has nothing in it, or another layout, is waited for', async () => {
    const name = fresh();
    const viewer = watch({ name, retry: FAST, stallMs: millis(300) });
    await expect.poll(() => viewer.state()).toBe('source/no-slot');
    expect(viewer.states.at(-1)).toMatchObject({ why: expect.stringContaining(`--h264-sink=${name}`) });

    writeFileSync(slotPath(name), '');
    await expect.poll(() => viewer.state(), { timeout: 5000 }).toBe('source/stalled');
    truncateSync(slotPath(name), 2_097_296);
    const writer = openWriter(name);
    await write(writer, 0);
    await expect.poll(() => viewer.units.length).toBe(1);

    writer.close();
    await write(openWriter(name, { layout: 'C10' }), 0);
    await expect.poll(() => viewer.units.length, { timeout: 5000 }).toBe(2);
    expect(viewer.source.layout?.name).toBe('C10');
    expect(viewer.states.filter(({ kind }) => kind === 'live').length).toBeGreaterThan(1);
  });

  it('that holds raw pictures says which sinks have others', async () => {
    const name = fresh();
    await write(openWriter(name), 0);
    // As --raw-sink has it: YUYV where H264 was.
    const offset = formatOffset(name);
    const file = openSync(slotPath(name), 'r+');
    writeSync(file, Buffer.from('YUYV'), 0, 4, offset);
    closeSync(file);
    const viewer = watch({ name, retry: FAST });

    await expect.poll(() => viewer.state()).toBe('source/no-video');
    expect(viewer.states.at(-1)).toMatchObject({
      why: expect.stringMatching(/raw pictures \(YUYV\).*--h264-sink or --jpeg-sink/) as string,
    });
    expect([viewer.units, viewer.pictures]).toEqual([[], []]);
    expect(viewer.source.counters.foreign).toBe(1);
    await write(openWriter(name), 0);
    await expect.poll(() => viewer.state()).toBe('live');
  });

  it('of a version that is not known is named', async () => {
    const name = fresh();
    const header = Buffer.alloc(1000);
    header.write('bebafecabebafeca', 'hex');
    header.writeUInt32LE(99, 8);
    writeFileSync(slotPath(name), header);
    const viewer = watch({ name, retry: FAST });

    await expect.poll(() => viewer.state()).toBe('source/unknown-slot');
    expect(viewer.states.at(-1)).toMatchObject({ why: expect.stringMatching(/version 99.*3\.6 to 6\.62/) });
    expect((await listSlots()).faults).toContainEqual({ name, why: expect.stringContaining('version 99') });
  });

  it('into which nobody writes any more says whether its writer is alive', async () => {
    const name = fresh();
    const writer = openWriter(name);
    await write(writer, 0);
    const viewer = watch({ name, stallMs: millis(300) });
    const why = (): unknown => {
      const last = viewer.states.at(-1);
      return last?.kind === 'retrying' ? last.why : last?.kind;
    };
    await expect.poll(why).toMatch(process.getuid?.() === 0 ? /its writer is gone/ : /writer/);

    // Another program that has it open may be its writer.
    const holder = spawn('sh', ['-c', `exec 9<>'${slotPath(name)}'; echo open; exec sleep 60`], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    await once(holder.stdout, 'data');
    await expect.poll(why).toMatch(/its writer is alive: sleep \(\d+\)/);
    holder.kill('SIGKILL');
    await write(writer, 1);
    await expect.poll(() => viewer.state()).toBe('live');
    expect(viewer.units.length).toBe(2);
  });

  it('that shrinks is named, and goes on when it is whole again', async () => {
    const name = fresh();
    const writer = openWriter(name);
    await write(writer, 0);
    const viewer = watch({ name, stallMs: millis(300) });
    await expect.poll(() => viewer.units.length).toBe(1);

    truncateSync(slotPath(name), 500);
    await expect
      .poll(() => viewer.states.at(-1))
      .toMatchObject({ code: 'source/stalled', why: expect.stringContaining('an object of 500 bytes') });
    truncateSync(slotPath(name), 2_097_296);
    await write(writer, 0);
    await expect.poll(() => viewer.units.length).toBe(2);
    expect(viewer.state()).toBe('live');
  });

  it('whose lock another reader took to its grave goes on', async () => {
    const name = fresh();
    const writer = openWriter(name);
    await write(writer, 0);
    const viewer = watch({ name });
    await expect.poll(() => viewer.units.length).toBe(1);
    const holder = spawn(
      'flock',
      ['--no-fork', '-x', slotPath(name), 'sh', '-c', 'echo locked; exec sleep 60'],
      {
        stdio: ['ignore', 'pipe', 'ignore'],
      },
    );
    await once(holder.stdout, 'data');
    const { busy } = viewer.source.counters;

    expect(
      writer.publish({
        data: new Uint8Array(4),
        width: 1,
        height: 1,
        captureTime: nowMicros(),
        key: false,
        gop: 1,
        online: true,
      }),
    ).toBe('busy');
    await expect.poll(() => viewer.source.counters.busy).toBeGreaterThan(busy);
    holder.kill('SIGKILL');
    await write(writer, 1);
    await expect.poll(() => viewer.units.length).toBe(2);
  });

  it('shows placeholders, and names them', async () => {
    const name = fresh();
    const writer = openWriter(name);
    await write(writer, 0);
    const viewer = watch({ name });
    await expect.poll(() => viewer.state()).toBe('live');
    await write(writer, 1, false);
    await expect.poll(() => viewer.state()).toBe('source/no-signal');
    await write(writer, 2);
    await expect.poll(() => viewer.state()).toBe('live');

    expect(viewer.units.length).toBe(3);
    expect(viewer.source.counters).toMatchObject({ placeholders: 1, units: 3 });
  });

  describe('that cannot be read', () => {
    const devices = (name: string, options: { readonly uid?: number; readonly native?: string }) =>
      promisify(execFile)(process.execPath, [...PROGRAM, 'devices', `ustreamer:${name}`], {
        env: {
          ...process.env,
          NODE_OPTIONS: '',
          ...(options.native !== undefined && { PINHOLE_NATIVE: options.native }),
        },
        ...(options.uid !== undefined && { uid: options.uid, gid: options.uid }),
      });

    it.runIf(process.getuid?.() === 0)('by this user says how its mode is changed', async () => {
      const name = fresh();
      await write(openWriter(name), 0);
      chmodSync(slotPath(name), 0o600);

      await expect(devices(name, { uid: NOBODY })).rejects.toMatchObject({
        code: 1,
        stdout: expect.stringMatching(
          /mode 0600, user 0, group root.*--h264-sink-mode=660.*usermod -aG root/,
        ) as string,
      });
    });

    it('without the native part says which compiler is missing', async () => {
      const name = fresh();
      await write(openWriter(name), 0);

      await expect(devices(name, { native: 'off' })).rejects.toMatchObject({
        code: 1,
        stdout: expect.stringMatching(
          /native part of Pinhole.*PINHOLE_NATIVE=off.*apt-get install g\+\+ make python3.*npm rebuild/,
        ) as string,
      });
    });
  });
});
