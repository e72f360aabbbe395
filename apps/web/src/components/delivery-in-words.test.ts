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
  expect(deliveryInWords(delivery)).toBe(words);
});
