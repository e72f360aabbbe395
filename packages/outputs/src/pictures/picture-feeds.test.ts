import { micros, PinholeError } from '@pinhole/core';
import { beforeEach, describe, expect, it } from 'vitest';
import { scriptedCamera } from '../../../../test/support/scripted-camera.ts';
import { JpegQuality } from './jpeg-quality.ts';
import type { PictureDecoder, PictureDecoderOptions, UnitToDecode } from './picture-decoder.ts';
import { PictureFeeds } from './picture-feeds.ts';

/** A decoder that gives pictures when the test says so. */
class FakeDecoder implements PictureDecoder {
  readonly options: PictureDecoderOptions;
  readonly units: UnitToDecode[] = [];
  readonly rates: number[];
  readonly qualities: number[];
  closed = false;

  constructor(options: PictureDecoderOptions) {
    this.options = options;
    this.rates = [options.framesPerSecond];
    this.qualities = [options.quality];
  }

  push(unit: UnitToDecode, taken: () => void): void {
    this.units.push(unit);
    taken();
  }

  setRate(framesPerSecond: number): void {
    this.rates.push(framesPerSecond);
  }

  setQuality(quality: number): void {
    this.qualities.push(quality);
  }

  close(): void {
    this.closed = true;
  }

  give(captureTime: number): void {
    const picture = { jpeg: Uint8Array.of(0xff, 0xd8), width: 64, height: 48 };
    this.options.picture({ ...picture, captureTime: micros(captureTime) });
  }
}

let decoders: FakeDecoder[];
let quality: JpegQuality;
let makesJpeg: boolean;
let feeds: PictureFeeds;
let setUp: ReturnType<typeof scriptedCamera>;

const now = () => micros(Date.now() * 1000);
const decoder = (): FakeDecoder => decoders.at(-1) ?? expect.fail('no decoder was opened');
const open = (framesPerSecond?: number, failed: (error: PinholeError) => void = () => {}) =>
  feeds.open(setUp.camera, { framesPerSecond, failed });

beforeEach(() => {
  decoders = [];
  makesJpeg = false;
  quality = new JpegQuality(() => makesJpeg);
  feeds = new PictureFeeds({
    now,
    qualityOf: (camera) => (camera === 'door' ? quality : undefined),
    openDecoder: (options) => {
      const opened = new FakeDecoder(options);
      decoders.push(opened);
      return opened;
    },
  });
  setUp = scriptedCamera({ id: 'door', now });
  setUp.camera.acquire();
});

describe('JPEG pictures of an H.264 camera', () => {
  it('come from one decoder, as fast as the most demanding wants, which ends with the last', () => {
    const usual = open();
    const fast = open(25);
    const slow = open(2);
    expect(decoders).toHaveLength(1);
    expect(decoder().rates).toEqual([10, 25, 25]);
    expect([usual.rate, fast.rate, slow.rate]).toEqual([10, 25, 2]);

    fast.close();
    fast.close();
    usual.close();
    expect(decoder().rates.slice(3)).toEqual([10, 2]);
    expect(decoder().closed).toBe(false);
    slow.close();

    expect(decoder().closed).toBe(true);
    expect(setUp.camera.stream.readers).toBe(0);
  });

  it('are as good as somebody chose, also of a decoder that runs', async () => {
    open();
    await quality.setControl('jpeg-quality', 30);
    expect(decoder().qualities).toEqual([75, 30]);
    expect(quality.controlValues()).toEqual(new Map([['jpeg-quality', 30]]));

    decoder().options.failed(new PinholeError('mjpeg/failed', 'it crashed'));
    open();
    expect(decoder().qualities).toEqual([30]);
    await expect(quality.setControl('jpeg-quality', 31)).rejects.toMatchObject({
      code: 'control/out-of-range',
    });
    await expect(quality.setControl('quality', 30)).rejects.toMatchObject({ code: 'control/unknown' });
    makesJpeg = true;
    expect(quality.controls()).toEqual([]);
  });

  it('are numbered, and known as the newest until the decoder ends', () => {
    const feed = open();
    decoder().give(5);
    decoder().give(6);

    expect(feed.pictures.last).toMatchObject({ sequence: 1, captureTime: 6, width: 64 });
    feed.close();
    decoder().give(7);
    expect(feed.pictures.last).toBeUndefined();
  });

  it('of what was in store are decoded and not shown', () => {
    setUp.source.frame({ key: true });
    setUp.source.frame({ key: false });
    setUp.source.frame({ key: false });
    open();
    setUp.source.frame({ key: false });

    const [first] = decoder().units;
    expect(decoder().units.map(({ key, hidden }) => [key, hidden])).toEqual([
      [true, true],
      [false, true],
      [false, false],
      [false, false],
    ]);
    expect(first?.data.subarray(0, 5)).toEqual(Uint8Array.of(0, 0, 0, 1, 0x67));
  });

  it('are waited for by the first viewer', async () => {
    const feed = open();
    const first = feed.first({ deadline: micros(now() + 1e6) });
    decoder().give(5);

    await expect(first).resolves.toMatchObject({ captureTime: 5 });
    await expect(feed.first({ deadline: micros(0) })).resolves.toMatchObject({ captureTime: 5 });
  });

  it('are not waited for beyond the deadline', async () => {
    await expect(open().first({ deadline: micros(now() + 10_000) })).rejects.toMatchObject({
      code: 'camera/not-live',
    });
  });

  it('end for all when the decoder gives up, and begin anew with the next who wants some', async () => {
    const told: string[] = [];
    const feed = open(undefined, ({ code }) => told.push(code));
    open(undefined, ({ code }) => told.push(code));
    const first = feed.first({ deadline: micros(now() + 1e6) });
    decoder().options.failed(new PinholeError('mjpeg/failed', 'it crashed'));

    await expect(first).rejects.toMatchObject({ code: 'mjpeg/failed' });
    expect(told).toEqual(['mjpeg/failed', 'mjpeg/failed']);
    expect(setUp.camera.stream.readers).toBe(0);
    open();
    expect(decoders).toHaveLength(2);
  });

  it('are refused where there is no decoder, and nothing is left behind', () => {
    feeds = new PictureFeeds({
      now,
      openDecoder: () => {
        throw new PinholeError('mjpeg/no-decoder', 'install one');
      },
    });

    expect(() => open()).toThrowError(expect.objectContaining({ code: 'mjpeg/no-decoder' }));
    expect(() => open()).toThrowError(expect.objectContaining({ code: 'mjpeg/no-decoder' }));
    expect(setUp.camera.stream.readers).toBe(0);
  });
});
