/** node-av's native classes and constants, as far as we use them. */
export type Av = typeof import('node-av/lib') & {
  readonly constants: typeof import('node-av/constants');
};

/**
 * Loads node-av and keeps it from writing anything but errors.
 * @throws whatever loading throws where it is not installed or has no build for this machine
 */
export async function loadAv(): Promise<Av> {
  const [lib, constants] = await Promise.all([import('node-av/lib'), import('node-av/constants')]);
  lib.Log.setLevel(constants.AV_LOG_ERROR);
  return { ...lib, constants };
}

/** An FFmpeg call failed; the message is FFmpeg's own words for its code. */
export class AvError extends Error {
  override readonly name = 'AvError';
}

/**
 * Passes a result on that is not negative.
 * @throws {AvError} for one that is
 */
export function check(av: Av, result: number, what: string): number {
  if (result >= 0) return result;
  throw new AvError(`${what}: ${av.FFmpegError.strerror(result)}`);
}
