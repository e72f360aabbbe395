import { RoomsError } from '@pinhole/client/rooms';
import { expect, it } from 'vitest';
import { stateAfter } from './view-state.ts';

it.each([
  ['stopped', /comes by itself/],
  ['busy', /as it takes/],
  ['no-stream', /no picture yet/],
])('a camera that is %s is told of in words', (said, words) => {
  const state = stateAfter(new RoomsError('rooms/stream-rejected', `camera "door" refused: ${said}`), said);

  expect(state).toMatchObject({ kind: 'rejected', why: said, reason: expect.stringMatching(words) });
});

it('a reason of another program is shown as it stands', () => {
  const error = new RoomsError('rooms/stream-rejected', 'camera "door" refused: lens cap is on');

  expect(stateAfter(error, 'lens cap is on')).toEqual({
    kind: 'rejected',
    why: 'lens cap is on',
    reason: 'Camera "door" refused: lens cap is on.',
  });
});

it.each([
  ['rooms/camera-left', undefined, { kind: 'left' }],
  ['rooms/camera-not-found', undefined, { kind: 'left' }],
  ['rooms/timeout', undefined, { kind: 'rejected', why: 'no answer' }],
  ['rooms/no-path', undefined, { kind: 'rejected', why: 'no path' }],
  ['rooms/refused', 'camera-busy', { kind: 'rejected', why: 'busy' }],
  ['rooms/refused', 'forbidden', { kind: 'rejected', why: 'forbidden' }],
] as const)('%s %s', (code, roomCode, state) => {
  const error = new RoomsError(code, 'it is so', roomCode === undefined ? {} : { roomCode });

  expect(stateAfter(error, undefined)).toMatchObject(state);
});
