import { millis } from '@pinhole/core';
import { describe, expect, it } from 'vitest';
import type { LiveState } from '../liveness/live-state.ts';
import { isStale, wordsOf } from './words.ts';

const clock = (time: number): string => new Date(time).toISOString().slice(11, 19);
const since = millis(Date.UTC(2026, 0, 1, 12, 3, 4));
const words = (state: LiveState) => wordsOf(state, clock);

describe('wordsOf', () => {
  it('tells since when a picture is frozen, and why', () => {
    const state: LiveState = {
      kind: 'frozen',
      cause: 'network',
      since,
      code: 'frozen/network',
      reason: 'Nothing arrives.',
    };

    expect(words(state)).toEqual({
      icon: '❚❚',
      label: 'Frozen at 12:03:04',
      tone: 'bad',
      notice: 'Nothing arrives.',
    });
  });

  it('tells the number of tries, the age of the picture, and the wait', () => {
    const state: LiveState = {
      kind: 'reconnecting',
      tries: 3,
      nextInMs: millis(1_200),
      since,
      code: 'reconnecting',
      reason: 'The server cannot be reached.',
    };

    expect(words(state)).toMatchObject({
      label: 'Reconnecting (3), last picture 12:03:04',
      notice: 'The server cannot be reached. Next try in 2 s.',
    });
  });

  it('makes sentences of what a server says, and adds what to do', () => {
    const state: LiveState = {
      kind: 'refused',
      code: 'auth/unknown-token',
      reason: 'this token is not known here',
      action: 'Open the camera with a new token link.',
    };

    expect(words(state).notice).toBe('This token is not known here. Open the camera with a new token link.');
  });
});

describe('isStale', () => {
  it('holds for everything but a picture that moves', () => {
    const stale = (kind: string): boolean => isStale({ kind } as LiveState);

    expect(['live', 'lagging'].filter(stale)).toEqual([]);
    expect(['connecting', 'frozen', 'offline', 'reconnecting', 'refused', 'closed'].every(stale)).toBe(true);
  });
});
