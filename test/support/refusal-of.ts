import { PinholeError } from '@pinhole/core';

/** The code of the error with which a promise was rejected; `'done'` when it was not. What is no PinholeError goes on. */
export async function refusalOf(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
  } catch (thrown) {
    if (thrown instanceof PinholeError) return thrown.code;
    throw thrown;
  }
  return 'done';
}
