/** Compares bytes by memory: a matcher by itself goes through them number by number, seconds for a megabyte. */
import { expect } from 'vitest';

expect.addEqualityTesters([
  (one: unknown, other: unknown) => {
    if (!(one instanceof Uint8Array && other instanceof Uint8Array)) return undefined;
    // What may be equal although it is not of one kind is for the matcher to say.
    return one.constructor === other.constructor ? Buffer.compare(one, other) === 0 : undefined;
  },
]);
