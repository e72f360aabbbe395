import { micros } from '@pinhole/core';
import type { LiveFrame } from '@pinhole/protocol/live';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { PlayerEvent } from '../player.ts';
import { JpegPlayer } from './jpeg-player.ts';
import { jpegProblem } from './support.ts';

const picture = (sequence: number): LiveFrame => ({
  type: 'jpeg',
  key: true,
  discontinuity: false,
  configChanged: false,
  droppable: true,
  catchUp: false,
  track: 0,
  sequence,
  pts: micros(sequence * 33_333),
  captureTime: micros(1_000_000 + sequence),
  payload: Uint8Array.of(0xff, 0xd8, sequence),
});

interface Decoding {
  readonly sequence: number;
  readonly finish: (size?: { width: number; height: number }) => Promise<{ closed: boolean }>;
  readonly fail: () => Promise<void>;
}

let decodings: Decoding[];
let animations: ((time: number) => void)[];
let drawn: object[];
let events: PlayerEvent[];
let player: JpegPlayer;

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

const animate = (): void => {
  for (const callback of animations.splice(0)) callback(0);
};

/** Decoding that ends when the test says so. */
async function decode(blob: Blob): Promise<object> {
  const sequence = new Uint8Array(await blob.arrayBuffer())[2] ?? 0;
  return await new Promise((resolve, reject) => {
    decodings.push({
      sequence,
      finish: async (size = { width: 64, height: 48 }) => {
        const image = { ...size, closed: false, close: () => (image.closed = true) };
        resolve(image);
        await settled();
        return image;
      },
      fail: async () => {
        reject(new DOMException('damaged', 'InvalidStateError'));
        await settled();
      },
    });
  });
}

const decoding = async (): Promise<Decoding> => {
  await settled();
  return decodings.at(-1) ?? expect.fail('nothing is being decoded');
};

beforeEach(() => {
  decodings = [];
  animations = [];
  drawn = [];
  events = [];
  const canvas = {
    width: 0,
    height: 0,
    getContext: () => ({ drawImage: (image: object) => drawn.push(image) }),
  };
  vi.stubGlobal('document', { createElement: () => canvas });
  vi.stubGlobal('requestAnimationFrame', (callback: (time: number) => void) => animations.push(callback));
  vi.stubGlobal('cancelAnimationFrame', () => animations.splice(0));
  vi.stubGlobal('createImageBitmap', decode);
  player = new JpegPlayer({ handle: (event) => events.push(event) });
});

afterEach(() => {
  vi.unstubAllGlobals();
});

it('paints a picture in its own size, and tells when it was captured', async () => {
  player.write(picture(7));
  const image = await (await decoding()).finish({ width: 640, height: 480 });
  animate();
  animate();

  expect(player.element).toMatchObject({ width: 640, height: 480 });
  expect(drawn).toEqual([image]);
  expect(image.closed).toBe(true);
  expect(events).toMatchObject([
    { kind: 'painted', frame: { captureTime: 1_000_007, width: 640, height: 480 } },
  ]);
  expect(player).toMatchObject({ decoded: 1, painted: 1, dropped: 0 });
});

it('decodes one at a time, and of those that come meanwhile the newest', async () => {
  for (const sequence of [1, 2, 3]) player.write(picture(sequence));
  const first = await decoding();
  player.write(picture(4));
  expect(decodings).toHaveLength(1);
  await first.finish();

  expect(first.sequence).toBe(1);
  expect((await decoding()).sequence).toBe(4);
  expect(player.dropped).toBe(2);
});

it('passes over a damaged picture', async () => {
  player.write(picture(1));
  await (await decoding()).fail();
  player.write(picture(2));
  await (await decoding()).finish();

  expect(player).toMatchObject({ decoded: 1, dropped: 1 });
  expect(events).toEqual([]);
});

it('gives up when none can be decoded', async () => {
  for (let sequence = 0; sequence < 10; sequence++) {
    player.write(picture(sequence));
    await (await decoding()).fail();
  }
  player.write(picture(10));

  expect(events).toMatchObject([{ kind: 'failed', failure: { code: 'jpeg/decoder' } }]);
  expect(decodings).toHaveLength(10);
});

it('frees what is decoded after it was closed', async () => {
  player.write(picture(1));
  const late = await decoding();
  player.close();

  expect((await late.finish()).closed).toBe(true);
  expect(drawn).toEqual([]);
});

it('says where it cannot work', () => {
  expect(jpegProblem()).toBeUndefined();
  vi.stubGlobal('createImageBitmap', undefined);
  expect(jpegProblem()).toMatch(/JPEG/);
});
