import { spawnSync } from 'node:child_process';

/** One decoded 4:2:0 picture. */
export interface DecodedPicture {
  readonly width: number;
  readonly height: number;
  readonly luma: Uint8Array;
  readonly cb: Uint8Array;
  readonly cr: Uint8Array;
}

/** Runs the `ffmpeg` command. @returns what it wrote to its output. @throws {Error} with its complaints, if any. */
export function runFfmpeg(args: readonly string[], input?: Uint8Array): Uint8Array {
  const { status, stdout, stderr, error } = spawnSync('ffmpeg', ['-nostdin', '-v', 'warning', ...args], {
    ...(input === undefined ? {} : { input }),
    maxBuffer: 2 ** 30,
  });
  const complaints = String(stderr ?? '').trim();
  if (error !== undefined || status !== 0 || complaints !== '') {
    throw new Error(`ffmpeg ended with ${status}: ${complaints}`, { cause: error });
  }
  return stdout;
}

/** Decodes an Annex B stream; a decoder's complaint is an error. `filter` may scale, to `width`×`height`. */
export function decodeWithFfmpeg(
  annexB: Uint8Array,
  size: { readonly width: number; readonly height: number; readonly filter?: string },
): readonly DecodedPicture[] {
  const { width, height, filter = 'null' } = size;
  const output = [
    '-vf',
    filter,
    '-fps_mode',
    'passthrough',
    '-pix_fmt',
    'yuv420p',
    '-f',
    'rawvideo',
    'pipe:1',
  ];
  const raw = runFfmpeg(['-err_detect', 'explode', '-f', 'h264', '-i', 'pipe:0', ...output], annexB);
  const lumaBytes = width * height;
  const chromaBytes = lumaBytes / 4;
  const frameBytes = lumaBytes + 2 * chromaBytes;
  if (raw.byteLength % frameBytes !== 0)
    throw new Error(`${raw.byteLength} bytes are not whole ${width}×${height}`);
  return Array.from({ length: raw.byteLength / frameBytes }, (_, i) => {
    const at = i * frameBytes;
    return {
      width,
      height,
      luma: raw.subarray(at, at + lumaBytes),
      cb: raw.subarray(at + lumaBytes, at + lumaBytes + chromaBytes),
      cr: raw.subarray(at + lumaBytes + chromaBytes, at + frameBytes),
    };
  });
}
