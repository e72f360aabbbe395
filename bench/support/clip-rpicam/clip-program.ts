import { openSync, writeSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { cameraListing, helpOf } from '../../../test/support/fake-rpicam/fake-texts.ts';
import { readClip } from '../clip.ts';

/**
 * `rpicam-vid` as far as Pinhole needs it, with a clip in place of a camera: pictures of the bit rate that a real one
 * makes, with their time stamps. The clip is that of `BENCH_CLIP_<kbit/s>`, by the `--bitrate` asked for.
 */
const words = process.argv.slice(2);
if (words.includes('--help')) process.stdout.write(helpOf('rpicam-vid', 'pi4'));
else if (words.includes('--list-cameras')) process.stdout.write(cameraListing());
else play();

function play(): void {
  const { values } = parseArgs({
    args: words,
    strict: false,
    options: {
      bitrate: { type: 'string' },
      framerate: { type: 'string' },
      'save-pts': { type: 'string' },
    },
  });
  const clip = process.env[`BENCH_CLIP_${Number(values.bitrate) / 1000}`];
  if (clip === undefined) throw new Error(`there is no clip of ${String(values.bitrate)} bit/s`);
  const units = readClip(clip);
  const frameMs = 1000 / Number(values.framerate);
  const stamps = typeof values['save-pts'] === 'string' ? openSync(values['save-pts'], 'w') : undefined;
  if (stamps !== undefined) writeSync(stamps, '# timecode format v2\n');
  process.stdout.on('error', () => process.exit(0));
  const startedAt = performance.now();
  const next = (frame: number): void => {
    const unit = units[frame % units.length];
    if (unit) process.stdout.write(unit.data);
    if (stamps !== undefined) writeSync(stamps, `${(frame * frameMs).toFixed(3)}\n`);
    setTimeout(() => next(frame + 1), Math.max(0, startedAt + (frame + 1) * frameMs - performance.now()));
  };
  next(0);
}
