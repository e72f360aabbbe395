import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { behindRouter, type NarrowLink } from './home-router.ts';

/** Key frames that are to pass a narrow link. */
export interface KeyFrames {
  readonly count: number;
  /** Of the payloads of each, in order. */
  readonly payloadBytes: readonly number[];
  /** For each run of so many: packets that leave at once, or as the fan-out has it. */
  readonly bursts: readonly (number | 'default')[];
}

const CHILD = join(import.meta.dirname, 'key-frames-child.ts');
const LONGEST_MS = 60_000;

/**
 * Sends runs of key frames by a native fan-out to a viewer behind a router whose way on is narrow.
 * @returns for each of `bursts`, how many packets of each key frame came
 * @throws {Error} where a packet is missing that the router did not drop, or `signal` ends it
 */
export async function keyFramesBehindRouter(
  link: NarrowLink,
  { signal, ...frames }: KeyFrames & { readonly signal?: AbortSignal },
): Promise<readonly (readonly number[])[]> {
  const program = [process.execPath, '--conditions=@pinhole/source', '--import', 'tsx', CHILD];
  const { stdout } = await promisify(execFile)(
    'unshare',
    behindRouter(link, [...program, JSON.stringify(frames satisfies KeyFrames)]),
    { timeout: LONGEST_MS, ...(signal && { signal }) },
  );
  return JSON.parse(stdout) as readonly (readonly number[])[];
}
