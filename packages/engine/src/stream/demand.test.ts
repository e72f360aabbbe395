import { micros } from '@pinhole/core';
import { expect, it } from 'vitest';
import { type DemandInput, type DemandState, stepDemand } from './demand.ts';

const play = (...script: readonly [number, DemandInput][]): DemandState =>
  script.reduce<DemandState>(
    (state, [second, input]) => stepDemand(state, input, { linger: micros(10e6), now: micros(second * 1e6) }),
    { kind: 'idle' },
  );

it('counts holders', () => {
  expect(play([0, 'acquire'], [1, 'acquire'], [2, 'release'])).toEqual({ kind: 'wanted', holders: 1 });
});

it('lingers ten seconds after the last holder, then rests', () => {
  expect(play([0, 'acquire'], [1, 'release'], [10.9, 'tick'])).toMatchObject({ kind: 'lingering' });
  expect(play([0, 'acquire'], [1, 'release'], [11, 'tick'])).toEqual({ kind: 'idle' });
});

it('wakes without a restart when somebody comes while it lingers', () => {
  expect(play([0, 'acquire'], [1, 'release'], [5, 'acquire'])).toEqual({ kind: 'wanted', holders: 1 });
});

it('passes over a release that nobody owed', () => {
  expect(play([0, 'release'])).toEqual({ kind: 'idle' });
});
