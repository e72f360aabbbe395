import { existsSync } from 'node:fs';
import { decodedSound } from '../beeps.ts';

/** What stands in a file of sound so far. */
export interface HeardSound {
  /** The loudest sample of those that were looked at, from 0 to 1. */
  readonly loudest: number;
  /** How many there are in all. */
  readonly samples: number;
}

/** What a speaker wrote into a WAV file, which it may still be doing, from a sample on. */
export function heardIn(path: string, from = 0): HeardSound {
  const samples = existsSync(path) ? soundOf(path) : new Float32Array(0);
  const loudest = samples.subarray(from).reduce((most, sample) => Math.max(most, Math.abs(sample)), 0);
  return { loudest, samples: samples.length };
}

function soundOf(path: string): Float32Array {
  try {
    return decodedSound(path, ['-ignore_length', '1']);
  } catch {
    // The first bytes are not written yet.
    return new Float32Array(0);
  }
}
