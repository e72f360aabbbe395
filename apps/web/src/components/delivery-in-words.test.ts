import { expect, it } from 'vitest';
import { deliveryInWords } from './delivery-in-words.ts';

it.each([
  [undefined, undefined],
  [
    { stream: 'main', pictures: 'reference', why: 'queue' },
    'network slow: every picture that no other needs left out',
  ],
  [{ stream: 'sub', pictures: 'all', why: 'queue' }, 'network slow: small stream'],
  [
    { stream: 'sub', pictures: 'keys', why: 'loss' },
    'network loses packets: small stream, key pictures alone',
  ],
  [{ stream: 'main', pictures: 'keys' }, 'key pictures alone'],
] as const)('%o is said as %s', (delivery, words) => {
  expect(deliveryInWords(delivery, undefined)).toBe(words);
});

it.each([
  [undefined, { changes: 2, leftOut: 1, subRefusals: 0 }, 'all pictures · 2 changes, 1 picture left out'],
  [
    { stream: 'sub', pictures: 'all', why: 'queue' },
    { changes: 3, leftOut: 41, subRefusals: 0 },
    'network slow: small stream · 3 changes, 41 pictures left out',
  ],
  [
    { stream: 'main', pictures: 'keys', why: 'loss' },
    { changes: 1, leftOut: 0, subRefusals: 1 },
    'network loses packets: key pictures alone · 1 change, 0 pictures left out, small stream not usable 1 time',
  ],
] as const)('%o and %o are said as %s', (delivery, counts, words) => {
  expect(deliveryInWords(delivery, counts)).toBe(words);
});
