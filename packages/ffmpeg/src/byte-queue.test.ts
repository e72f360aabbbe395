import { expect, it } from 'vitest';
import { ByteQueue } from './byte-queue.ts';

it('gives bytes in other pieces than they came in, with memory of their own', () => {
  const queue = new ByteQueue();
  const chunk = Uint8Array.of(1, 2, 3);

  queue.push(chunk);
  queue.push(new Uint8Array());
  queue.push(Uint8Array.of(4, 5, 6, 7));

  expect(queue.take(2)).toEqual(Uint8Array.of(1, 2));
  const across = queue.take(4);
  chunk.fill(0);
  expect(across).toEqual(Uint8Array.of(3, 4, 5, 6));
  expect(queue.take(2)).toBeUndefined();
  expect(queue.length).toBe(1);
});
