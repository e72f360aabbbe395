import { PinholeError } from '@pinhole/core';

/** A command line that cannot be understood; the program ends with exit code 2. */
export class UsageError extends PinholeError<'cli/usage'> {
  override readonly name = 'UsageError';

  constructor(message: string, options?: { readonly cause?: unknown }) {
    super('cli/usage', message, options);
  }
}
