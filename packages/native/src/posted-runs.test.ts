import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { descriptorOf } from '../../../test/support/descriptor-of.ts';
import { seededRandom } from '../../../test/support/fuzz-sdp.ts';
import { type FanoutHandle, loadAddon, type ViewerHandle } from './addon.ts';

const loaded = loadAddon();
const RUN_WORDS = 10;
const EXTENSION_BYTES = 64;
const RUNS = 64;

describe.skipIf('missing' in loaded)('runs that are posted to the addon', () => {
  const { addon } = loaded as Exclude<typeof loaded, { missing: string }>;
  let receiver: Socket;
  let received: Buffer[];
  let fanout: FanoutHandle;
  let viewer: ViewerHandle;
  beforeEach(async () => {
    receiver = createSocket('udp4');
    receiver.bind(0, '127.0.0.1');
    await once(receiver, 'listening');
    received = [];
    receiver.on('message', (datagram) => received.push(datagram));
    fanout = addon.openFanout(1, true, 64, -1, 1000);
    const socket = addon.openSocket(descriptorOf(receiver));
    const { port } = receiver.address();
    viewer = addon.openViewer(
      socket,
      '127.0.0.1',
      port,
      7,
      new Uint8Array(16),
      new Uint8Array(12),
      0xcafebabe,
      102,
    );
  });
  afterEach(() => {
    addon.closeFanout(fanout);
    receiver.close();
  });

  it('are passed over where their numbers make no run, whatever they are', async () => {
    const frame = addon.openFrame([new Uint8Array(100), new Uint8Array(50)]);
    const [viewerNumber, frameNumber] = [addon.viewerNumber(viewer), addon.frameNumber(frame)];
    const good = [viewerNumber, frameNumber, 7, 90_000, 8, 5, 3, 0, 2, 1];
    const odd = [-1, 0.5, 2 ** 31, 2 ** 32, 2 ** 48, 2 ** 60, Number.NaN, Number.POSITIVE_INFINITY, -0, 65];
    const random = seededRandom(5);
    const pick = <T>(all: readonly T[], otherwise: T): T =>
      all[Math.floor(random() * all.length)] ?? otherwise;

    for (let times = 0; times < 200; times++) {
      const words = Float64Array.from({ length: RUNS * RUN_WORDS }, (_, i) =>
        // The last, which tells of the marker, may be anything.
        i % RUN_WORDS === RUN_WORDS - 1 || random() < 0.5 ? (good[i % RUN_WORDS] ?? 0) : pick(odd, 0),
      );
      addon.post(fanout, words, new Uint8Array(RUNS * EXTENSION_BYTES), RUNS);
    }
    await expect.poll(() => addon.isIdle(fanout)).toBe(true);
    const last = good.with(2, 1000);
    addon.post(fanout, Float64Array.from(last), new Uint8Array(EXTENSION_BYTES), 1);

    // Those runs that happened to be good come before.
    const ofLast = () => received.filter((packet) => [1000, 1001].includes(packet.readUInt16BE(2)));
    await expect.poll(() => ofLast().length).toBe(2);
    expect(ofLast().map((packet) => packet.subarray(0, 12).toString('hex'))).toEqual([
      '906603e800015f90cafebabe',
      '90e603e900015f90cafebabe',
    ]);
  });

  it.each([
    ['more runs than there are numbers for', new Float64Array(RUN_WORDS), new Uint8Array(256), 2],
    ['more runs than there are extensions for', new Float64Array(256), new Uint8Array(64), 2],
    ['numbers of another kind', new Uint8Array(256) as never, new Uint8Array(256), 1],
    ['extensions of another kind', new Float64Array(256), new Float64Array(256) as never, 1],
    ['half a run', new Float64Array(256), new Uint8Array(256), 0.5],
    ['less than none', new Float64Array(256), new Uint8Array(256), -1],
  ])('are refused with %s', (_name, words, extensions, count) => {
    expect(() => addon.post(fanout, words, extensions, count)).toThrow(TypeError);
  });

  it('are forgotten once their viewer is closed, and shown as waiting no more', () => {
    const frame = addon.openFrame([new Uint8Array(100)]);
    const shown = new Int32Array(addon.shownPackets(viewer));
    const words = Float64Array.of(
      addon.viewerNumber(viewer),
      addon.frameNumber(frame),
      7,
      0,
      0,
      -1,
      0,
      0,
      1,
      1,
    );
    addon.closeViewer(fanout, viewer);

    shown[0] = 1;
    addon.post(fanout, words, new Uint8Array(EXTENSION_BYTES), 1);

    expect(shown[0]).toBe(0);
    expect(addon.isIdle(fanout)).toBe(true);
  });
});
