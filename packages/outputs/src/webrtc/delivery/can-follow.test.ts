import { expect, it } from 'vitest';
import { canFollow } from './can-follow.ts';

it.each([
  ['the same at a lower level', '42e01f', '42e015', true],
  ['another profile that browsers decode', '42e01f', '64001e', true],
  ['a level that every browser has', '42e00d', '42e01f', true],
  ['a level above both', '42e01f', '42e028', false],
  ['the level of the main stream', '640032', '4d0032', true],
  ['a profile that browsers may not decode', '42e01f', '6e001e', false],
  ['such a profile where the main stream has it too', '6e0028', '6e001e', true],
  ['nothing that is known', '42e01f', '000000', false],
])('%s: after %s comes %s: %s', (_name, main, sub, follows) => {
  expect(canFollow({ profileLevelId: main }, { profileLevelId: sub, bFrames: false })).toBe(follows);
  expect(canFollow({ profileLevelId: main }, { profileLevelId: sub, bFrames: true })).toBe(false);
});
