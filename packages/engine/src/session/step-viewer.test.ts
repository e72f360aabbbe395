import { type Micros, micros } from '@pinhole/core';
import { expect, it } from 'vitest';
import { newViewer, stepViewer, type ViewerInput, type ViewerState } from './step-viewer.ts';

const seconds = (value: number): Micros => micros(value * 1e6);

/** Runs a script of inputs, each at its second. */
const play = (...script: readonly [number, ViewerInput][]): ViewerState =>
  script.reduce<ViewerState>(
    (state, [at, input]) => stepViewer(state, input, seconds(at)),
    newViewer(seconds(0)),
  );

const tick: ViewerInput = { kind: 'tick' };
const connected: ViewerInput = { kind: 'connected' };
const disconnected: ViewerInput = { kind: 'disconnected' };

it('reaps a viewer that never connects within fifteen seconds', () => {
  expect(play([14.9, tick])).toMatchObject({ kind: 'connecting' });
  expect(play([15, tick])).toEqual({ kind: 'closed', why: 'timeout' });
});

it('gives a lost viewer five seconds to come back', () => {
  expect(play([1, connected], [2, disconnected], [6.9, tick])).toMatchObject({ kind: 'recovering' });
  expect(play([1, connected], [2, disconnected], [7, tick])).toEqual({ kind: 'closed', why: 'timeout' });
});

it('takes a lost viewer back when it is heard again', () => {
  expect(play([1, connected], [2, disconnected], [3, { kind: 'heard' }])).toEqual({
    kind: 'live',
    heardAt: seconds(3),
  });
});

it('reaps a viewer that has said nothing for ten seconds', () => {
  expect(play([1, connected], [5, { kind: 'heard' }], [14.9, tick])).toMatchObject({ kind: 'live' });
  expect(play([1, connected], [5, { kind: 'heard' }], [15, tick])).toEqual({ kind: 'closed', why: 'silent' });
});

it('does not take a word before the connection stands for the connection', () => {
  expect(play([1, { kind: 'heard' }])).toMatchObject({ kind: 'connecting' });
});

it.each([
  [{ kind: 'left' }, 'left'],
  [{ kind: 'failed' }, 'ice-failed'],
  [{ kind: 'end', why: 'revoked' }, 'revoked'],
] as const)('closes at once on %o', (input, why) => {
  expect(play([1, connected], [2, input])).toEqual({ kind: 'closed', why });
});

it('stays closed, for the first reason, whatever comes later', () => {
  expect(play([1, { kind: 'left' }], [2, connected], [3, { kind: 'failed' }])).toEqual({
    kind: 'closed',
    why: 'left',
  });
});
