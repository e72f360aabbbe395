import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type FetchThumbnail, Thumbnails } from './thumbnails.ts';

const live = new Set<string>();

beforeEach(() => {
  let made = 0;
  live.clear();
  vi.stubGlobal('URL', {
    createObjectURL: () => {
      const url = `blob:${made++}`;
      live.add(url);
      return url;
    },
    revokeObjectURL: (url: string) => live.delete(url),
  });
});
afterEach(() => {
  vi.unstubAllGlobals();
});

describe('thumbnails', () => {
  it('are fetched once for times that are near', async () => {
    const asked: number[] = [];
    const thumbnails = new Thumbnails((at) => {
      asked.push(at);
      return Promise.resolve(new Blob());
    });

    const urls = await Promise.all([10_100, 10_900, 11_000].map((at) => thumbnails.at(at, 1_000)));

    expect(asked).toEqual([10_000, 11_000]);
    expect(urls).toEqual(['blob:0', 'blob:0', 'blob:1']);
  });

  it('are asked for again after a failure, and not where there is none', async () => {
    const answers = [Promise.reject(new Error('no network')), Promise.resolve(undefined)];
    const fetch = vi.fn<FetchThumbnail>(() => answers.shift() ?? Promise.resolve(new Blob()));
    const thumbnails = new Thumbnails(fetch);

    expect(await thumbnails.at(0, 1_000)).toBeUndefined();
    expect(await thumbnails.at(0, 1_000)).toBeUndefined();
    expect(await thumbnails.at(0, 1_000)).toBeUndefined();

    expect(fetch).toHaveBeenCalledTimes(2);
  });

  it('are forgotten when there are too many, the least used first, and all in the end', async () => {
    const thumbnails = new Thumbnails(() => Promise.resolve(new Blob()));
    for (let i = 0; i < 250; i++) await thumbnails.at(i * 1_000, 1_000);
    await Promise.resolve();

    expect(live.size).toBe(200);
    thumbnails.clear();
    await new Promise((resolve) => setImmediate(resolve));
    expect(live.size).toBe(0);
  });
});
