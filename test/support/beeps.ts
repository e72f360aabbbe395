import { spawnSync } from 'node:child_process';
import { thirdParty } from './third-parties.ts';

/** Samples a second of what is looked at. */
const RATE = 48_000;
/** Loudness is told for each so many samples: 2 ms. */
const WINDOW = 96;
const LOUD = 0.1;

/** Where beeps begin in any file or stream that ffmpeg reads, in seconds from its first sample of sound. */
export function beepsIn(input: string | Uint8Array, format: readonly string[] = []): readonly number[] {
  const samples = decodedSound(input, format);
  const begins: number[] = [];
  let quiet = Number.POSITIVE_INFINITY;
  for (let at = 0; at + WINDOW <= samples.length; at += WINDOW) {
    let peak = 0;
    for (let i = at; i < at + WINDOW; i++) peak = Math.max(peak, Math.abs(samples[i] ?? 0));
    if (peak < LOUD) {
      quiet += WINDOW;
      continue;
    }
    // A beep is a tone: it passes through 0 all the time, and is quiet for longer only between two.
    if (quiet > RATE / 10) begins.push(at / RATE);
    quiet = 0;
  }
  return begins;
}

/** The sound of a file or stream as samples from -1 to 1, mono, 48 000 a second, in their own time. */
export function decodedSound(input: string | Uint8Array, format: readonly string[] = []): Float32Array {
  const ffmpeg = thirdParty('ffmpeg');
  if (ffmpeg === undefined) throw new Error('ffmpeg is missing: ask needs() first');
  const path = typeof input === 'string' ? input : 'pipe:0';
  const { status, stdout, stderr } = spawnSync(
    ffmpeg,
    [
      ...'-hide_banner -v error'.split(' '),
      ...format,
      '-i',
      path,
      ...`-vn -ac 1 -ar ${RATE} -f f32le pipe:1`.split(' '),
    ],
    { maxBuffer: 2 ** 28, ...(typeof input !== 'string' && { input }) },
  );
  if (status !== 0) throw new Error(`ffmpeg: ${String(stderr)}`);
  return new Float32Array(stdout.buffer.slice(stdout.byteOffset, stdout.byteOffset + stdout.byteLength));
}
