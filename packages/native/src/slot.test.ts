import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import {
  chmodSync,
  closeSync,
  existsSync,
  fstatSync,
  openSync,
  readFileSync,
  statSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { readReal, realBytes, writeReal } from '@pinhole/protocol/memsink';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadAddon } from './addon.ts';
import {
  clockSeconds,
  type NativeSlotLayout,
  peekSlot,
  type SlotEnd,
  type SlotFrame,
  SlotReader,
  SlotWriter,
} from './slot.ts';

const loaded = loadAddon();
const inSharedMemory = !('missing' in loaded) && existsSync('/dev/shm');
const MAGIC = Buffer.from('bebafecabebafeca', 'hex');

/** Version 7 of µStreamer's slot, on a 64-bit machine, for small frames. */
const LAYOUT: NativeSlotLayout = {
  version: 7,
  headerBytes: 144,
  dataOffset: 144,
  capacityBytes: 100_000,
  usedBytes: 8,
  realKind: 'x87',
  lastClientOffset: 32,
  keyRequestedOffset: 48,
  keyOffset: 69,
  clock: 'monotonic',
};

function header(id: number, length: number, key: 0 | 1 = 0): Uint8Array {
  const bytes = Buffer.alloc(LAYOUT.headerBytes);
  MAGIC.copy(bytes);
  bytes.writeUInt32LE(LAYOUT.version, 8);
  bytes.writeBigUInt64LE(BigInt(id), 16);
  bytes.writeBigUInt64LE(BigInt(length), 24);
  bytes.writeUInt8(key, 69);
  return bytes;
}

describe.skipIf(!inSharedMemory)('a slot of shared memory', () => {
  let name: string;
  let writer: SlotWriter;
  let readers: SlotReader[];
  let frames: SlotFrame[];
  let ends: SlotEnd[];
  const file = (): string => `/dev/shm/${name}`;

  beforeEach(() => {
    name = `pinhole-test-${randomBytes(6).toString('hex')}`;
    writer = open();
    readers = [];
    frames = [];
    ends = [];
  });
  afterEach(() => {
    for (const reader of readers) reader.close();
    if (existsSync(file())) unlinkSync(file());
  });

  function open(): SlotWriter {
    return new SlotWriter({ name, layout: LAYOUT, sizeBytes: LAYOUT.headerBytes + LAYOUT.capacityBytes });
  }
  function read(): SlotReader {
    const reader = new SlotReader({
      name,
      layout: LAYOUT,
      frame: (frame) => frames.push(frame),
      ended: (why) => ends.push(why),
    });
    readers.push(reader);
    return reader;
  }
  /** Publishes, however often a reader has the lock. */
  async function publish(head: Uint8Array, data: Uint8Array): Promise<void> {
    await expect.poll(() => writer.publish(head, data), { interval: 1 }).toBe('published');
  }

  it('hands on every frame, byte for byte, with the time', async () => {
    read();
    const sent = Array.from({ length: 20 }, (_, i) => randomBytes(i * 5000));
    for (const [i, data] of sent.entries()) {
      await publish(header(i + 1, data.length), data);
      await expect.poll(() => frames.length, { interval: 1 }).toBe(i + 1);
    }

    expect(frames.map(({ data }) => data)).toEqual(sent);
    const [first] = frames;
    expect(Buffer.from(first?.header ?? []).subarray(0, 32)).toEqual(
      Buffer.from(header(1, 0)).subarray(0, 32),
    );
    expect(clockSeconds('monotonic') - (first?.seconds ?? 0)).toBeLessThan(60);
  });

  it('shows the writer that somebody reads, and that a key frame is wanted until there is one', async () => {
    expect(writer.readers).toEqual({ secondsSince: Number.POSITIVE_INFINITY, wantsKey: false });
    await publish(header(1, 3), Uint8Array.of(1, 2, 3));
    const reader = read();
    await expect.poll(() => writer.readers.secondsSince).toBeLessThan(10);

    reader.requestKey();
    await expect.poll(() => writer.readers.wantsKey).toBe(true);
    await publish(header(2, 3), Uint8Array.of(1, 2, 3));
    await expect.poll(() => frames.length).toBe(2);
    expect(writer.readers.wantsKey).toBe(true);
    await publish(header(3, 3, 1), Uint8Array.of(1, 2, 3));
    await expect.poll(() => frames.length).toBe(3);
    await publish(header(4, 3), Uint8Array.of(1, 2, 3));
    await expect.poll(() => frames.length).toBe(4);
    expect(writer.readers.wantsKey).toBe(false);
  });

  it('waits for who has the lock, also one that dies with it', async () => {
    const reader = read();
    const holder = spawn('flock', ['--no-fork', '-x', file(), 'sh', '-c', 'echo locked; exec sleep 60'], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    await once(holder.stdout, 'data');

    expect(writer.publish(header(1, 1), Uint8Array.of(7))).toBe('busy');
    const before = reader.counters.busy;
    await expect.poll(() => reader.counters.busy).toBeGreaterThan(before);
    holder.kill('SIGKILL');
    await publish(header(1, 1), Uint8Array.of(7));
    await expect.poll(() => frames.length).toBe(1);
  });

  it('says when the name means another object, or none', async () => {
    read();
    writer.unlink();
    await expect.poll(() => ends).toEqual(['replaced']);

    writer = open();
    read();
    writer.unlink();
    writer = open();
    await expect.poll(() => ends).toEqual(['replaced', 'replaced']);
  });

  it('takes data that begins before the header ends', async () => {
    const layout = { ...LAYOUT, version: 8, dataOffset: 129 };
    const sizeBytes = layout.headerBytes + layout.capacityBytes;
    writer = new SlotWriter({ name, layout, sizeBytes });
    const reader = new SlotReader({ name, layout, frame: (frame) => frames.push(frame), ended() {} });
    readers.push(reader);
    const data = randomBytes(5000);
    const head = Buffer.from(header(1, data.length));
    head.writeUInt32LE(8, 8);
    await publish(head, data);

    await expect.poll(() => frames[0]?.data).toEqual(data);
  });

  it.each([
    ['x86-64', 8, 'x87'],
    ['64-bit Arm', 8, 'binary128'],
    ['32-bit Arm', 4, 'binary64'],
  ] as const)('is read, stamped and its stamp read as on %s', async (_name, usedBytes, kind) => {
    const layout = { ...LAYOUT, usedBytes, realKind: kind };
    const options = { name, layout, sizeBytes: layout.headerBytes + layout.capacityBytes };
    const stampBytes = () => Uint8Array.from(readFileSync(file()).subarray(32, 32 + realBytes(kind)));
    const numberIn = (bytes: Uint8Array) => readReal(new DataView(Uint8Array.from(bytes).buffer), 0, kind);
    const bytesOf = (value: number) => {
      const bytes = new Uint8Array(realBytes(kind));
      writeReal(new DataView(bytes.buffer), 0, { kind, value });
      return bytes;
    };
    const data = randomBytes(5000);
    const head = Buffer.from(header(1, data.length));
    // What stands behind a length of four bytes is not part of it.
    if (usedBytes === 4) head.fill(0xff, 28, 32);
    writer = new SlotWriter(options);
    await publish(head, data);
    expect(writer.readers.secondsSince).toBe(Number.POSITIVE_INFINITY);
    const before = clockSeconds('monotonic');
    readers.push(new SlotReader({ name, layout, frame: (frame) => frames.push(frame), ended() {} }));

    await expect.poll(() => frames.map((frame) => frame.data)).toEqual([data]);
    await expect.poll(() => numberIn(stampBytes())).toBeGreaterThan(before);
    for (const reader of readers) reader.close();
    const stamp = stampBytes();
    expect(numberIn(stamp)).toBeLessThanOrEqual(clockSeconds('monotonic'));
    // To the last bit as the other implementation writes that number.
    expect(stamp).toEqual(bytesOf(numberIn(stamp)));
    expect(writer.readers.secondsSince).toBeLessThan(10);

    const open = openSync(file(), 'r+');
    writeSync(open, bytesOf(clockSeconds('monotonic') - 9.5), 0, realBytes(kind), 32);
    closeSync(open);
    expect(Math.abs(new SlotWriter(options).readers.secondsSince - 9.5)).toBeLessThan(0.1);
  });

  it.each(['monotonic', 'raw', 'either'] as const)(
    'is stamped by a reader by the clock of its writer: %s',
    async (clock) => {
      const stamp = () => readReal(new DataView(Uint8Array.from(readFileSync(file())).buffer), 32, 'x87');
      const now = () => {
        const [monotonic, raw] = [clockSeconds('monotonic'), clockSeconds('raw')];
        return { monotonic, raw, either: Math.max(monotonic, raw) }[clock];
      };
      await publish(header(1, 3), Uint8Array.of(1, 2, 3));
      readers.push(
        new SlotReader({
          name,
          layout: { ...LAYOUT, clock },
          frame: (frame) => frames.push(frame),
          ended() {},
        }),
      );
      await expect.poll(() => frames.length).toBe(1);
      const [before, first] = [now(), stamp()];
      await expect.poll(stamp).toBeGreaterThan(first);

      // The clocks differ by a quarter of a second on a machine that runs for an hour.
      expect(stamp()).toBeGreaterThan(before - 0.01);
      expect(stamp()).toBeLessThanOrEqual(now() + 0.001);
    },
  );

  it.each(['monotonic', 'raw'] as const)(
    'is read as long as its stamp is young by the clock of its writer, %s, or changes by any clock',
    (clock) => {
      const own = new SlotWriter({ name, layout: { ...LAYOUT, clock }, sizeBytes: 100_144 });
      const stampAs = (secondsAgo: number) => {
        const bytes = new DataView(new ArrayBuffer(16));
        writeReal(bytes, 0, { kind: 'x87', value: clockSeconds(clock) - secondsAgo });
        const open = openSync(file(), 'r+');
        writeSync(open, new Uint8Array(bytes.buffer), 0, 16, 32);
        closeSync(open);
      };
      expect(own.readers.secondsSince).toBe(Number.POSITIVE_INFINITY);
      // What was there before is judged by the clock alone.
      stampAs(9.5);
      const late = new SlotWriter({ name, layout: { ...LAYOUT, clock }, sizeBytes: 100_144 });
      expect(Math.abs(late.readers.secondsSince - 9.5)).toBeLessThan(0.1);

      // A reader whose clock has drifted by a minute, either way, is there as long as it stamps.
      for (const offset of [60, -60, 59.9, -59.9]) {
        stampAs(offset);
        expect(late.readers.secondsSince).toBeLessThan(0.1);
      }
    },
  );

  it('writes nothing over what another program wrote, and says so', async () => {
    await publish(header(1, 3), Uint8Array.of(1, 2, 3));
    expect(writer.isForeign).toBe(false);
    const other = open();
    expect(other.publish(header(7, 2), Uint8Array.of(8, 9))).toBe('published');

    expect(writer.isForeign).toBe(true);
    expect(writer.publish(header(2, 3), Uint8Array.of(1, 2, 3))).toBe('foreign');
    expect([...readFileSync(file()).subarray(144, 146)]).toEqual([8, 9]);
    expect(other.publish(header(8, 1), Uint8Array.of(1))).toBe('published');
  });

  it('knows whether its name still means it', () => {
    expect(writer.isCurrent).toBe(true);
    unlinkSync(file());
    expect(writer.isCurrent).toBe(false);
    open();
    expect(writer.isCurrent).toBe(false);
  });

  it('leaves an object of another size to those who have it open', async () => {
    await publish(header(1, 3), Uint8Array.of(1, 2, 3));
    const held = openSync(file(), 'r');
    const smaller = new SlotWriter({
      name,
      layout: { ...LAYOUT, capacityBytes: 50_000 },
      sizeBytes: LAYOUT.headerBytes + 50_000,
    });

    expect(fstatSync(held).size).toBe(LAYOUT.headerBytes + LAYOUT.capacityBytes);
    expect(statSync(file()).size).toBe(LAYOUT.headerBytes + 50_000);
    expect([writer.isCurrent, smaller.isCurrent]).toEqual([false, true]);
    closeSync(held);
  });

  it('says when another version writes', async () => {
    read();
    const other = Buffer.from(header(1, 1));
    other.writeUInt32LE(8, 8);
    await publish(other, Uint8Array.of(1));

    await expect.poll(() => ends).toEqual(['version']);
    expect(frames).toEqual([]);
  });

  it('counts what claims more than there is, and goes on', async () => {
    const reader = read();
    await publish(header(1, LAYOUT.capacityBytes + 1), new Uint8Array(3));
    await expect.poll(() => reader.counters.truncated).toBe(1);

    truncateSync(file(), LAYOUT.headerBytes + 50);
    writeFileSync(file(), header(2, 5000), { flag: 'r+' });
    await expect.poll(() => reader.counters.truncated).toBe(2);

    truncateSync(file(), 10);
    await new Promise((resolve) => setTimeout(resolve, 20));
    truncateSync(file(), LAYOUT.headerBytes + LAYOUT.capacityBytes);
    await publish(header(3, 3), Uint8Array.of(1, 2, 3));
    await expect.poll(() => frames.length).toBe(1);
  });

  it('outlives a file that shrinks and grows all the time', async () => {
    const reader = read();
    const data = randomBytes(80_000);
    for (let i = 1; i <= 300; i++) {
      writer.publish(header(i, data.length), data);
      truncateSync(file(), (i * 7919) % 90_000);
      await new Promise((resolve) => setImmediate(resolve));
    }
    truncateSync(file(), LAYOUT.headerBytes + LAYOUT.capacityBytes);
    await publish(header(1000, data.length), data);

    await expect.poll(() => frames.at(-1)?.data).toEqual(data);
    await expect.poll(() => frames.length + reader.counters.dropped).toBe(reader.counters.frames);
  });

  it('is let go of when its program ends, whether it was closed or not', async () => {
    await publish(header(1, 3), Uint8Array.of(1, 2, 3));
    const script = `
      import { SlotReader } from '@pinhole/native';
      const open = (frame) => new SlotReader({ name: ${JSON.stringify(name)}, layout: ${JSON.stringify(LAYOUT)}, frame, ended() {} });
      const timer = setInterval(() => {}, 1000);
      const closed = open(() => closed.close());
      open(() => setTimeout(() => clearInterval(timer), 50));
    `;
    const child = spawn(
      process.execPath,
      ['--conditions=@pinhole/source', '--import', 'tsx', '--input-type=module', '-e', script],
      { stdio: 'inherit' },
    );

    expect(await once(child, 'exit')).toEqual([0, null]);
  });

  it('tells what is in it before it is opened', async () => {
    expect(peekSlot(name)).toEqual({ prefix: Buffer.alloc(32), size: 100_144 });
    await publish(header(5, 1), Uint8Array.of(9));

    expect(Buffer.from(peekSlot(`/${name}`).prefix).subarray(0, 12)).toEqual(
      readFileSync(file()).subarray(0, 12),
    );
  });

  it.each([
    ['there-is-none-of-this-name', 'native/failed', /No such file/],
    ['', 'native/argument', /name/],
    ['/', 'native/argument', /name/],
    ['a/b', 'native/argument', /name/],
    ['../etc/passwd', 'native/argument', /name/],
    ['x'.repeat(200), 'native/argument', /name/],
  ])('"%s" is refused by %s', (wrong, code, words) => {
    expect(() => peekSlot(wrong)).toThrowError(
      expect.objectContaining({ code, message: expect.stringMatching(words) as string }) as Error,
    );
  });

  it.skipIf(process.getuid?.() === 0)('that may not be written is refused in words', () => {
    chmodSync(file(), 0o400);

    expect(() => read()).toThrowError(/Permission denied/);
  });

  it('takes no layout that leads out of its bounds', () => {
    const wrong: Partial<NativeSlotLayout>[] = [
      { headerBytes: 31 },
      { headerBytes: 257 },
      { lastClientOffset: 140 },
      { keyOffset: 144 },
      { keyRequestedOffset: -2 },
      { usedBytes: 5 as 4 },
      { capacityBytes: 0 },
      { capacityBytes: 2 ** 40 },
      { version: Number.NaN },
    ];
    for (const part of wrong) {
      const layout = { ...LAYOUT, ...part };
      expect(() => new SlotReader({ name, layout, frame() {}, ended() {} })).toThrowError(
        expect.objectContaining({ code: 'native/argument' }) as Error,
      );
      expect(() => new SlotWriter({ name, layout, sizeBytes: 100_144 })).toThrowError(
        expect.objectContaining({ code: 'native/argument' }) as Error,
      );
    }
    expect(() => writer.publish(new Uint8Array(3), new Uint8Array(3))).toThrowError(/header/);
    expect(() => writer.publish(header(1, 1), new Uint8Array(100_001))).toThrowError(/data/);
  });
});
