import { messageOf, PinholeError } from '@pinhole/core';
import { type Addon, loadAddon } from './addon.ts';

/** The addon. @throws {PinholeError} `native/missing`; the message says why */
export function requireAddon(): Addon {
  const loaded = loadAddon();
  if ('missing' in loaded) throw new PinholeError('native/missing', loaded.missing);
  return loaded.addon;
}

/** The addon's errors as ours. @throws {PinholeError} `native/argument`, `native/failed` */
export function checked<T>(call: () => T): T {
  try {
    return call();
  } catch (error) {
    if (error instanceof PinholeError) throw error; // there is no addon
    const code = error instanceof TypeError ? 'native/argument' : 'native/failed';
    throw new PinholeError(code, messageOf(error), { cause: error });
  }
}
