import { describe, expect, it, vi } from 'vitest';
import { Pace } from './pace.ts';

describe('Pace', () => {
  it('lets through so much a second for all together, and saves up nothing', async () => {
    let now = 0;
    const waits: number[] = [];
    const wait = (ms: number): Promise<void> => {
      waits.push(ms);
      return Promise.resolve();
    };
    const pace = new Pace(1000, { now: () => now, wait });

    await pace.take(500);
    await pace.take(500);
    await pace.take(100);
    now = 10_000;
    await pace.take(2000);
    await pace.take(1);

    expect(waits).toEqual([500, 1000, 2000]);
  });

  it('is no limit unless told', async () => {
    const wait = vi.fn<(ms: number) => Promise<void>>();
    const pace = new Pace(Number.POSITIVE_INFINITY, { wait });

    await pace.take(1e12);
    await pace.take(1e12);

    expect(wait).not.toHaveBeenCalled();
  });
});
