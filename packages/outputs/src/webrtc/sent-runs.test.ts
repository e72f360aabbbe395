import { expect, it } from 'vitest';
import { SentRuns } from './sent-runs.ts';

it('finds the unit and the place of a sequence number, over its wrap', () => {
  const runs = new SentRuns();
  runs.push({ unit: 1, firstIndex: 65_530, count: 4, firstTransport: 0, timestamp: 0 });
  runs.push({ unit: 2, firstIndex: 65_534, count: 5, firstTransport: 4, timestamp: 0 });

  expect(runs.find(65_531)).toMatchObject({ run: { unit: 1 }, position: 1 });
  expect(runs.find(65_534)).toMatchObject({ run: { unit: 2 }, position: 0 });
  expect(runs.find(2)).toMatchObject({ run: { unit: 2 }, position: 4 });
});

it('finds nothing that was not sent', () => {
  const runs = new SentRuns();
  expect(runs.find(7)).toBeUndefined();

  runs.push({ unit: 1, firstIndex: 100, count: 4, firstTransport: 0, timestamp: 0 });

  expect(runs.find(99)).toBeUndefined();
  expect(runs.find(104)).toBeUndefined();
});

it('remembers the latest thousand units and forgets older ones', () => {
  const runs = new SentRuns();
  for (let unit = 0; unit < 5000; unit++)
    runs.push({ unit, firstIndex: unit, count: 1, firstTransport: 0, timestamp: 0 });

  expect(runs.find(4999)?.run.unit).toBe(4999);
  expect(runs.find(4000)?.run.unit).toBe(4000);
  expect(runs.find(1000)).toBeUndefined();
});
