import { closeSync, mkdirSync, openSync, writeFileSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type Micros, micros, ticks90k } from '@pinhole/core';
import {
  FMP4_TRACK_ID,
  movieFragmentRandomAccess,
  recordingFragment,
  recordingHeader,
} from '@pinhole/media/fmp4';
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

/** One recording of about this size: an hour or so of large pictures, all alike. */
export function writeLargeRecording(
  root: string,
  { start, sizeBytes }: { readonly start: Micros; readonly sizeBytes: number },
): void {
  const { units, ...coding } = recordedUnits(h264Fixture('baseline'), { start, interval: micros(40_000) });
  const [key] = units;
  if (key === undefined) throw new Error('an empty fixture');
  // Filler behind the slice: bytes that a decoder passes over.
  const padding = new Uint8Array(100_000).fill(0xff);
  padding[0] = 0x0c;
  const unit = { ...key, nalUnits: [...key.nalUnits, padding] };
  const header = recordingHeader(coding);
  const path = join(
    root,
    formatRecordingPath({ branch: '', local: localTimeOf(start), copy: 1, kind: 'mp4' }),
  );
  mkdirSync(dirname(path), { recursive: true });
  const file = openSync(path, 'w');
  const points: { time: number; moofOffset: number }[] = [];
  let at = writeSync(file, header.bytes);
  let ticks = 0;
  for (let sequenceNumber = 1; at < sizeBytes; sequenceNumber++) {
    const samples = Array.from({ length: 12 }, () => ({
      parts: unit.nalUnits,
      lengths: 'before-each' as const,
      durationTicks: 3600,
      compositionOffsetTicks: 0,
      key: true,
    }));
    const fragment = recordingFragment({
      sequenceNumber,
      producerTime: {
        trackId: FMP4_TRACK_ID,
        captureTime: micros(start + Math.round((ticks * 100) / 9)),
        mediaTime: ticks,
      },
      runs: [{ trackId: FMP4_TRACK_ID, baseDecodeTime: ticks, samples }],
    });
    points.push({ time: ticks, moofOffset: at + fragment.moofOffset });
    at += writeSync(file, fragment.bytes);
    ticks += 12 * 3600;
  }
  writeSync(file, movieFragmentRandomAccess(points));
  for (const patch of header.durationPatches({ video: ticks90k(ticks) })) {
    writeSync(file, patch.bytes, 0, patch.bytes.byteLength, patch.offset);
  }
  closeSync(file);
}
