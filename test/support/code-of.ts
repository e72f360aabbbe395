import { MalformedError } from '@pinhole/core';

/**
 * What came of `parse`: `'parsed'`, or the code of the MalformedError it threw. Anything else that it throws goes on.
 * For "any bytes at all" tests.
 */
export function codeOf(parse: () => unknown): string {
  try {
    parse();
  } catch (thrown) {
    if (thrown instanceof MalformedError) return thrown.code;
    throw thrown;
  }
  return 'parsed';
}
