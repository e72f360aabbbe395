import { expect, it } from 'vitest';
import { WriteLanes } from './write-lanes.ts';

/** Work that ends when the test says. */
function gates() {
  const waiting: (() => void)[] = [];
  const log: string[] = [];
  return {
    log,
    work: (name: string) => async () => {
      log.push(name);
      await new Promise<void>((resolve) => waiting.push(resolve));
    },
    endOne: async () => {
      waiting.shift()?.();
      await new Promise((resolve) => setImmediate(resolve));
    },
  };
}

it('does so many pieces of work at a time and no more', async () => {
  const lanes = new WriteLanes({ concurrency: 2 });
  const { log, work, endOne } = gates();

  const done = ['a', 'b', 'c'].map((name) => lanes.lane().run(work(name)));
  await new Promise((resolve) => setImmediate(resolve));
  const atOnce = [...log];
  const waiting = lanes.waiting;
  for (let i = 0; i < 3; i++) await endOne();
  await Promise.all(done);

  expect(atOnce).toEqual(['a', 'b']);
  expect(waiting).toBe(1);
  expect(log).toEqual(['a', 'b', 'c']);
  expect(lanes.waiting).toBe(0);
});

it('lets lanes take turns: one with much work does not hold up one with little', async () => {
  const lanes = new WriteLanes({ concurrency: 1 });
  const { log, work, endOne } = gates();
  const busy = lanes.lane();
  const quiet = lanes.lane();

  const done = [...['1', '2', '3'].map((name) => busy.run(work(`busy ${name}`))), quiet.run(work('quiet'))];
  await new Promise((resolve) => setImmediate(resolve));
  for (let i = 0; i < 4; i++) await endOne();
  await Promise.all(done);

  expect(log).toEqual(['busy 1', 'quiet', 'busy 2', 'busy 3']);
});

it('goes on behind work that fails, and tells whoever gave it', async () => {
  const lanes = new WriteLanes({ concurrency: 1 });
  const lane = lanes.lane();

  const failed = lane.run(() => Promise.reject(new Error('no disk')));
  const next = lane.run(() => Promise.resolve('written'));

  await expect(failed).rejects.toThrowError('no disk');
  await expect(next).resolves.toBe('written');
});
