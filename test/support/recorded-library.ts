import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type Micros, micros } from '@pinhole/core';
import { formatRecordingPath, localTimeOf } from '@pinhole/outputs/archive';
import { h264Fixture } from './h264-fixture.ts';
import { recordedUnits, segmentBytes } from './recorded-segment.ts';

const NTP_TO_UNIX_SECONDS = 2_208_988_800;

/** How many recordings, and when. */
export interface LibraryOptions {
  readonly count: number;
  /** A whole second. */
  readonly start: Micros;
  readonly every: Micros;
}

/** Fills a folder with very short recordings, each whole and closed. @returns how long one lasts */
export function writeLibrary(root: string, { count, start, every }: LibraryOptions): Micros {
  const clip = recordedUnits(h264Fixture('baseline'), { start: micros(0), interval: micros(40_000) });
  const template = Buffer.from(segmentBytes(clip));
  const producerTimeAt = template.indexOf('prft') + 12;
  let folder = '';
  for (let i = 0; i < count; i++) {
    const at = micros(start + i * every);
    template.writeUInt32BE(Math.floor(at / 1e6) + NTP_TO_UNIX_SECONDS, producerTimeAt);
    const path = join(
      root,
      formatRecordingPath({ branch: '', local: localTimeOf(at), copy: 1, kind: 'mp4' }),
    );
    if (dirname(path) !== folder) {
      folder = dirname(path);
      mkdirSync(folder, { recursive: true });
    }
    writeFileSync(path, template);
  }
  return micros(clip.units.length * 40_000);
}
