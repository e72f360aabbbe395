import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { closeSync, openSync, readdirSync, readFileSync } from 'node:fs';
import { isIPv6 } from 'node:net';
import { networkInterfaces } from 'node:os';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { descriptorOf } from '../../../test/support/descriptor-of.ts';
import { loadAddon } from './addon.ts';
import { NativeFanout, type NativeViewerOptions } from './native-fanout.ts';
import type { NativeRun } from './posted-runs.ts';

const GCM = 7;
const COUNTER_MODE = 1;
const keysOf = (profile: number) => ({
  profile,
  masterKey: Uint8Array.from({ length: 16 }, (_, i) => i * 7),
  masterSalt: Uint8Array.from({ length: profile === GCM ? 12 : 14 }, (_, i) => 200 - i),
});
const loaded = loadAddon();

/** So many packets of an access unit, the last one shorter. */
const runOf = (packets: number, firstIndex = 100): NativeRun => ({
  payloads: Array.from({ length: packets }, (_, i) => new Uint8Array(i === packets - 1 ? 300 : 1100).fill(i)),
  firstIndex,
  timestamp: 90_000,
  extension: new Uint8Array(0),
});

describe.skipIf('missing' in loaded)('a native fan-out', () => {
  let fanout: NativeFanout;
  let sender: Socket;
  let receiver: Socket;
  let received: Buffer[];

  beforeEach(async () => {
    fanout = NativeFanout.open();
    await between('127.0.0.1');
  });
  afterEach(() => {
    fanout.close();
    closeSockets();
  });

  /** Both ends have this address. */
  async function between(address: string): Promise<void> {
    [sender, receiver] = await Promise.all([bound(address), bound(address)]);
    receiver.setRecvBufferSize(4 * 1024 * 1024);
    received = [];
    receiver.on('message', (datagram) => received.push(datagram));
  }
  function closeSockets(): void {
    for (const socket of [sender, receiver]) {
      try {
        socket.close();
      } catch {
        // Closed by the test.
      }
    }
  }
  const viewerOptions = (profile = GCM): NativeViewerOptions => ({
    socket: fanout.openSocket(descriptorOf(sender)),
    address: receiver.address().address,
    port: receiver.address().port,
    keys: keysOf(profile),
    ssrc: 0xcafebabe,
    payloadType: 102,
  });
  const arrived = (count: number) => expect.poll(() => received.length, { timeout: 5000 }).toBe(count);

  it.each(['127.0.0.1', '::1'].filter(isOurs))(
    'writes headers that number the packets, and marks the last, to %s',
    async (address) => {
      closeSockets();
      await between(address);
      const viewer = fanout.openViewer(viewerOptions());
      const extension = Uint8Array.of(0xbe, 0xde, 0x00, 0x01, 0x51, 0x00, 0x00, 0x00);

      expect(
        viewer.send({ ...runOf(3, 65_535), extension, transportSequence: { offset: 5, first: 65_534 } }),
      ).toBe(1136 + 1136 + 336);

      await arrived(3);
      expect(received.map((packet) => packet.subarray(0, 20).toString('hex'))).toEqual([
        '9066ffff00015f90cafebabebede000151fffe00',
        '9066000000015f90cafebabebede000151ffff00',
        '90e6000100015f90cafebabebede000151000000',
      ]);
      expect(received.map(({ length }) => length)).toEqual([1136, 1136, 336]);
    },
  );

  it('leaves the marker out where there is none', async () => {
    fanout.openViewer(viewerOptions()).send({ ...runOf(2), marker: 'none' });

    await arrived(2);
    expect(received.map((packet) => packet[1])).toEqual([102, 102]);
  });

  it.each([
    ['AES-GCM', GCM, 16],
    ['AES-CM with HMAC-SHA1', COUNTER_MODE, 10],
  ])('sends a packet again byte for byte, by %s', async (_name, profile, overhead) => {
    const viewer = fanout.openViewer(viewerOptions(profile));
    const run = runOf(5);

    viewer.send(run);
    viewer.send(run, 2, 3);

    await arrived(6);
    expect(received[5]).toEqual(received[2]);
    expect(received[2]).toHaveLength(12 + 1100 + overhead);
  });

  it('takes fewer system calls than packets, and says how', async () => {
    const viewer = fanout.openViewer(viewerOptions());
    viewer.send(runOf(40));

    await arrived(40);
    expect(viewer.counters).toMatchObject({ packetsSent: 40, packetsRefused: 0, packetsFailed: 0 });
    expect(viewer.counters.systemCalls).toBeLessThan(4);
    expect(fanout.counters).toMatchObject({ packetsSent: 40, packetsRefused: 0, packetsOverflowed: 0 });
    expect(fanout.counters.systemCalls).toBe(viewer.counters.systemCalls);
    expect(fanout.sendMode).toBe(process.platform === 'linux' ? 'segments' : 'one');
  });

  it('sends the same without segments', async () => {
    const plain = NativeFanout.open({ segments: 'off' });
    const options = viewerOptions();
    fanout.openViewer(options).send(runOf(10));
    await arrived(10);

    plain.openViewer(options).send(runOf(10));
    await arrived(20);

    expect(received.slice(10)).toEqual(received.slice(0, 10));
    expect(plain.sendMode).toBe(process.platform === 'linux' ? 'many' : 'one');
    plain.close();
  });

  it('spreads a large access unit, and keeps what follows behind it', async () => {
    const slow = NativeFanout.open({ burstPackets: 8, spreadMicros: 50_000 });
    const viewer = slow.openViewer(viewerOptions());
    viewer.send(runOf(32, 0));
    viewer.send(runOf(2, 32));

    await arrived(34);
    expect(received.map((packet) => packet.readUInt16BE(2))).toEqual(Array.from({ length: 34 }, (_, i) => i));
    expect(viewer.counters.systemCalls).toBeGreaterThan(4);
    slow.close();
  });

  it.each([
    { picturesASecond: 30, seen: 3, leastMs: 7.5 },
    { picturesASecond: 10, seen: 40, leastMs: 22 },
  ])(
    'sends 64 packets at once, and spreads more over a quarter of the time between pictures, $picturesASecond a second',
    async ({ picturesASecond, seen, leastMs }) => {
      const viewer = fanout.openViewer(viewerOptions());
      let index = 0;
      let timestamp = 0;
      /** Small ones: as many as go out at once fit into one call. */
      const send = (packets: number): void => {
        const payloads = Array.from({ length: packets }, () => new Uint8Array(400));
        viewer.send({ payloads, firstIndex: index, timestamp, extension: new Uint8Array(0) });
        index += packets;
        timestamp += 90_000 / picturesASecond;
      };
      const callsFor = async (packets: number): Promise<number> => {
        const before = viewer.counters.systemCalls;
        send(packets);
        await arrived(index);
        return viewer.counters.systemCalls - before;
      };
      const calls = (bursts: number, packets: number) => (process.platform === 'linux' ? bursts : packets);
      for (let i = 0; i < seen; i++) send(1);
      await arrived(seen);

      expect(await callsFor(64)).toBe(calls(1, 64));

      const before = viewer.counters.systemCalls;
      send(200);
      const sentAt = performance.now();
      expect(fanout.idle).toBe(false);
      expect(viewer.queuedPackets).toBeGreaterThan(0);
      await arrived(index);
      // Six times 32, and 8, a sixth of the quarter apart.
      expect(performance.now() - sentAt).toBeGreaterThan(leastMs);
      expect(viewer.counters.systemCalls - before).toBe(calls(7, 200));
      expect(viewer.counters).toMatchObject({ packetsSent: index, packetsOverflowed: 0, packetsRefused: 0 });
    },
  );

  it('keeps the order of each of six viewers on three threads', async () => {
    // A thread names itself.
    const before = process.platform === 'linux' ? 1 : 0;
    await expect.poll(sendingThreads).toBe(before);
    const threaded = NativeFanout.open({ threads: 3 });
    const ssrcs = [1, 2, 3, 4, 5, 6];
    const options = viewerOptions();
    const viewers = ssrcs.map((ssrc) => threaded.openViewer({ ...options, ssrc }));
    await expect.poll(sendingThreads).toBe(before * 4);

    const payloads = Array.from({ length: 10 }, (_, i) => new Uint8Array(20 + i));
    for (let run = 0; run < 24; run++) {
      const firstIndex = run * 10;
      for (const viewer of viewers)
        viewer.send({ payloads, firstIndex, timestamp: run, extension: new Uint8Array(0) });
      // What is on its way has to fit into the receiver's buffer.
      if (run % 4 === 3) await arrived(6 * 10 * (run + 1));
    }

    const inOrder = Array.from({ length: 240 }, (_, n) => n);
    const numbersOf = (ssrc: number) =>
      received.filter((packet) => packet.readUInt32BE(8) === ssrc).map((packet) => packet.readUInt16BE(2));
    expect(ssrcs.map(numbersOf)).toEqual(ssrcs.map(() => inOrder));
    for (const { counters } of viewers)
      expect(counters).toMatchObject({ packetsSent: 240, packetsRefused: 0 });
    expect(threaded.counters.packetsSent).toBe(6 * 240);
    await expect.poll(() => threaded.idle).toBe(true);
    threaded.close();
    expect(sendingThreads()).toBe(before);
  });

  it.runIf(process.platform === 'linux')(
    'shares viewers out among its threads, though the SSRCs of all pictures are multiples of four',
    async () => {
      const threaded = NativeFanout.open({ threads: 4 });
      await expect.poll(sendingThreads).toBe(5);
      const before = timesRun();
      const options = viewerOptions();
      for (let ssrc = 4; ssrc <= 4 * 64; ssrc += 4) threaded.openViewer({ ...options, ssrc }).send(runOf(1));
      await arrived(64);

      const worked = [...timesRun()].filter(([thread, times]) => times !== before.get(thread));
      expect(worked).toHaveLength(4);
      threaded.close();
    },
  );

  it('drops and counts what does not fit behind what waits', () => {
    const small = NativeFanout.open({ queuedPackets: 10, burstPackets: 1, spreadMicros: 1_000_000 });
    const viewer = small.openViewer(viewerOptions());

    expect([viewer.send(runOf(10)), viewer.send(runOf(10)), viewer.send(runOf(10))]).toEqual([
      9 * 1128 + 328,
      0,
      0,
    ]);
    expect(viewer.counters.packetsOverflowed).toBe(20);
    expect(small.counters.packetsOverflowed).toBe(20);
    expect(viewer.queuedPackets).toBeGreaterThan(7);
    small.close();
  });

  it('tries nothing again, and loses count of nothing, where a socket has little room', async () => {
    sender.setSendBufferSize(1);
    const viewer = fanout.openViewer(viewerOptions());
    for (let i = 0; i < 50; i++) viewer.send(runOf(40, i * 40));

    await expect.poll(() => fanout.idle).toBe(true);
    const { packetsSent, packetsRefused, packetsFailed, systemCalls } = viewer.counters;
    expect(packetsSent + packetsRefused + packetsFailed).toBe(2000);
    expect(systemCalls).toBeLessThanOrEqual(50);
    await expect.poll(() => received.length).toBe(packetsSent);
  });

  it('outlives the socket, the viewer, and itself', async () => {
    const options = viewerOptions();
    const viewer = fanout.openViewer(options);
    sender.close();
    viewer.send(runOf(3));
    await arrived(3);

    viewer.close();
    viewer.close();
    expect(viewer.send(runOf(3))).toBe(0);
    const other = NativeFanout.open();
    const left = other.openViewer({ ...options, socket: other.openSocket(descriptorOf(receiver)) });
    other.close();
    other.close();
    expect(left.send(runOf(3))).toBe(0);
    left.close();
    expect(left.counters.packetsSent).toBe(0);
  });

  it('gives back every descriptor', async () => {
    const lowest = (): number => {
      const descriptor = openSync('/dev/null', 'r');
      closeSync(descriptor);
      return descriptor;
    };
    const before = lowest();
    for (let i = 0; i < 200; i++) {
      const options = viewerOptions();
      const viewers = [fanout.openViewer(options), fanout.openViewer({ ...options, ssrc: i })];
      for (const viewer of viewers) viewer.send(runOf(3));
      options.socket.close();
      for (const viewer of viewers) viewer.close();
    }

    // Not before a packet on its way is sent.
    await expect.poll(lowest).toBe(before);
  });

  it('lets viewers share a socket, which outlives it', async () => {
    const before = readdirSync('/dev/fd').length;
    const options = viewerOptions();
    const viewers = [1, 2, 3].map((ssrc) => fanout.openViewer({ ...options, ssrc }));
    expect(readdirSync('/dev/fd')).toHaveLength(before + 1);

    options.socket.close();
    options.socket.close();
    for (const viewer of viewers) viewer.send(runOf(1));

    await arrived(3);
    expect(() => fanout.openViewer(options)).toThrowError(
      expect.objectContaining({ code: 'native/argument' }) as Error,
    );
  });

  // Elsewhere a thread is told of once it has ended.
  it.runIf(process.platform === 'linux')(
    'tells what its threads cost, while they run and after',
    async () => {
      const viewer = fanout.openViewer(viewerOptions());
      const before = fanout.counters.cpuMicros;
      viewer.send(runOf(40));
      await arrived(40);

      const after = fanout.counters.cpuMicros;
      fanout.close();
      expect(after).toBeGreaterThan(before);
      expect(fanout.counters.cpuMicros).toBeGreaterThanOrEqual(after);
    },
  );

  it.each<[string, Partial<NativeViewerOptions>]>([
    ['a key of the wrong length', { keys: { ...keysOf(GCM), masterKey: new Uint8Array(15) } }],
    ['a salt of the wrong length', { keys: { ...keysOf(GCM), masterSalt: new Uint8Array(14) } }],
    ['an unknown profile', { keys: { ...keysOf(GCM), profile: 2 } }],
    ['a name for an address', { address: 'localhost' }],
    ['a long address', { address: '1'.repeat(500) }],
    ['port 0', { port: 0 }],
    ['half a port', { port: 1.5 }],
    ['a payload type of a byte', { payloadType: 128 }],
    ['an ssrc that is no number', { ssrc: Number.NaN }],
    ['nothing for an ssrc', { ssrc: undefined as unknown as number }],
  ])('refuses a viewer with %s', (_name, wrong) => {
    expect(() => fanout.openViewer({ ...viewerOptions(), ...wrong })).toThrowError(
      expect.objectContaining({ code: 'native/argument' }) as Error,
    );
  });

  it.each([
    ['is none', 987_654, 'native/failed'],
    ['is negative', -1, 'native/argument'],
    ['is no number', Number.NaN, 'native/argument'],
  ])('refuses a descriptor that %s', (_name, descriptor, code) => {
    expect(() => fanout.openSocket(descriptor)).toThrowError(expect.objectContaining({ code }) as Error);
  });

  it.each<[string, Partial<NativeRun>]>([
    ['no payloads', { payloads: [] }],
    ['payloads that are no bytes', { payloads: ['text' as unknown as Uint8Array] }],
    ['a payload larger than a datagram', { payloads: [new Uint8Array(60_001)] }],
    ['more than anybody needs', { payloads: Array.from({ length: 500 }, () => new Uint8Array(50_000)) }],
    ['an index behind the last', { firstIndex: 2 ** 48 }],
    ['a negative index', { firstIndex: -1 }],
    ['a timestamp of more than 32 bits', { timestamp: 2 ** 32 }],
    ['half a word of extension', { extension: new Uint8Array(6) }],
    ['too long an extension', { extension: new Uint8Array(68) }],
    [
      'a transport sequence number outside of the extension',
      { extension: new Uint8Array(8), transportSequence: { offset: 7, first: 0 } },
    ],
  ])('refuses a run with %s', (_name, wrong) => {
    const viewer = fanout.openViewer(viewerOptions());

    expect(() => viewer.send({ ...runOf(1), ...wrong })).toThrowError(
      expect.objectContaining({ code: 'native/argument' }) as Error,
    );
  });

  it.each([
    [3, 3],
    [0, 4],
    [-1, 1],
    [2, 1],
  ])('refuses packets %i to %i of three', (from, until) => {
    const viewer = fanout.openViewer(viewerOptions());

    expect(() => viewer.send(runOf(3), from, until)).toThrowError(
      expect.objectContaining({ code: 'native/argument' }) as Error,
    );
  });

  it('is not fooled by objects that it did not make', () => {
    const { addon } = loaded as Exclude<typeof loaded, { missing: string }>;
    const frame = addon.openFrame([new Uint8Array(3)]);
    const all = [{}, null, undefined, 7, 'x', frame, () => {}];

    for (const wrong of all) {
      expect(() => addon.isIdle(wrong as never)).toThrowError(/must be what this addon made|missing/);
      expect(() => addon.viewerCounters(wrong as never)).toThrowError(/must be what this addon made|missing/);
    }
  });
});

/** Threads of this process that send; 0 where the system does not tell. */
const sendingThreads = (): number => timesRun().size;

/** How often each of those was given the processor. */
function timesRun(): ReadonlyMap<string, string> {
  if (process.platform !== 'linux') return new Map();
  const runs = new Map<string, string>();
  for (const task of readdirSync('/proc/self/task')) {
    try {
      const folder = `/proc/self/task/${task}`;
      if (readFileSync(`${folder}/comm`, 'utf8').trim() !== 'pinhole-send') continue;
      runs.set(task, readFileSync(`${folder}/schedstat`, 'utf8').trim().split(' ')[2] ?? '');
    } catch {
      // It ended meanwhile.
    }
  }
  return runs;
}

/** Whether this machine has the address: containers often are without IPv6. */
function isOurs(address: string): boolean {
  return Object.values(networkInterfaces()).some((all) => all?.some((one) => one.address === address));
}

async function bound(address: string): Promise<Socket> {
  const socket = createSocket(isIPv6(address) ? 'udp6' : 'udp4');
  socket.bind(0, address);
  await once(socket, 'listening');
  return socket;
}
