import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type Micros, micros, microsToTicks, ticks90k } from '@pinhole/core';
import {
  FMP4_AUDIO_TRACK_ID,
  FMP4_TRACK_ID,
  movieFragmentRandomAccess,
  recordingFragment,
  recordingHeader,
  type TrackRun,
} from '@pinhole/media/fmp4';
import { NAL_TYPE, nalType, nalUnits, parseSps } from '@pinhole/media/h264';
import { formatRecordingPath, localTimeOf } from '@pinhole/outputs/archive';
import { fixtureUnits } from './fixture-units.ts';

/** One picture to be recorded. */
export interface RecordedUnit {
  /** Without parameter sets. */
  readonly nalUnits: readonly Uint8Array[];
  readonly key: boolean;
  readonly captureTime: Micros;
}

/** Pictures of one camera, and the parameter sets they are decoded with. */
export interface RecordedUnits {
  readonly units: readonly RecordedUnit[];
  readonly sps: Uint8Array;
  readonly pps: readonly Uint8Array[];
  readonly width: number;
  readonly height: number;
}

/** How a segment is written. */
export interface SegmentOptions extends RecordedUnits {
  /** Frames of sound beside the pictures: AAC of 48 kHz, one every 1024 samples. */
  readonly sound?: true;
  /** Not closed, as after a power cut; so many bytes are lost at its end. */
  readonly cutBytes?: number;
  readonly note?: object;
  readonly fragment?: Micros;
}

const HIDDEN: ReadonlySet<number> = new Set([NAL_TYPE.sps, NAL_TYPE.pps, NAL_TYPE.accessUnitDelimiter]);
const isHidden = (nal: Uint8Array): boolean => HIDDEN.has(nalType(nal));

/** The pictures of an Annex B stream without B-frames, captured from `start` on. */
export function recordedUnits(
  stream: Uint8Array,
  { start, interval }: { readonly start: Micros; readonly interval: Micros },
): RecordedUnits {
  const nals = [...nalUnits(stream)];
  const sps = nals.find((nal) => nalType(nal) === NAL_TYPE.sps);
  const pps = nals.find((nal) => nalType(nal) === NAL_TYPE.pps);
  if (sps === undefined || pps === undefined) throw new Error('a stream without parameter sets');
  const { width, height } = parseSps(sps);
  const units = fixtureUnits(stream, { interval }).map((unit, i) => ({
    nalUnits: unit.nalUnits.filter((nal) => !isHidden(nal)),
    key: unit.key,
    captureTime: micros(start + Math.round(i * interval)),
  }));
  return { units, sps, pps: [pps], width, height };
}

/** These pictures as a recording, as the recorder lays it out. The last one lasts as long as the one before. */
export function segmentBytes(options: SegmentOptions): Uint8Array {
  const { units, sps, pps, width, height, sound, cutBytes, note, fragment = micros(500_000) } = options;
  const [first] = units;
  if (first === undefined) throw new Error('a segment without pictures');
  const audio = sound && ({ codec: 'aac', sampleRate: 48_000, channels: 2 } as const);
  const header = recordingHeader({
    sps,
    pps,
    width,
    height,
    ...(audio && { audio }),
    ...(note && { note: new TextEncoder().encode(JSON.stringify(note)) }),
  });
  const ticksOf = (unit: RecordedUnit): number => microsToTicks(micros(unit.captureTime - first.captureTime));
  const times = units.map(ticksOf);
  const interval = (times.at(-1) ?? 0) - (times.at(-2) ?? 0);
  const endTicks = (times.at(-1) ?? 0) + interval;
  const parts = [header.bytes];
  const points: { time: number; moofOffset: number }[] = [];
  let at = header.bytes.byteLength;
  let soundFrames = 0;
  for (const [index, begin] of groups(units, fragment).entries()) {
    const { from, to } = begin;
    const samples = units.slice(from, to).map(({ nalUnits: nals, key }, i) => ({
      parts: nals,
      lengths: 'before-each' as const,
      durationTicks: (times[from + i + 1] ?? endTicks) - (times[from + i] ?? 0),
      compositionOffsetTicks: 0,
      key,
    }));
    const runs: TrackRun[] = [{ trackId: FMP4_TRACK_ID, baseDecodeTime: times[from] ?? 0, samples }];
    const soundUntil = Math.floor((((times[to] ?? endTicks) / 90_000) * 48_000) / 1024);
    if (sound && soundUntil > soundFrames) {
      runs.push({
        trackId: FMP4_AUDIO_TRACK_ID,
        baseDecodeTime: soundFrames * 1024,
        samples: Array.from({ length: soundUntil - soundFrames }, () => SILENCE),
      });
      soundFrames = soundUntil;
    }
    const time = times[from] ?? 0;
    const captureTime = units[from]?.captureTime ?? micros(0);
    const { bytes, moofOffset } = recordingFragment({
      sequenceNumber: index + 1,
      producerTime: { trackId: FMP4_TRACK_ID, captureTime, mediaTime: time },
      runs,
    });
    if (samples[0]?.key) points.push({ time, moofOffset: at + moofOffset });
    parts.push(bytes);
    at += bytes.byteLength;
  }
  if (cutBytes !== undefined) return Buffer.concat(parts).subarray(0, at - cutBytes);
  const file = Buffer.concat([...parts, movieFragmentRandomAccess(points)]);
  for (const { offset, bytes } of header.durationPatches({ video: ticks90k(endTicks) }))
    file.set(bytes, offset);
  return file;
}

/** One frame of AAC-LC silence in two channels, as FFmpeg's encoder makes it. */
const SILENCE = {
  parts: [Uint8Array.of(0x21, 0x10, 0x04, 0x60, 0x8c, 0x1c)],
  lengths: 'none',
  durationTicks: 1024,
  compositionOffsetTicks: 0,
  key: true,
} as const;

/** Every key frame begins a fragment, and none lasts longer than it may. */
function groups(
  units: readonly RecordedUnit[],
  longest: Micros,
): readonly { readonly from: number; readonly to: number }[] {
  const starts: number[] = [];
  for (const [i, { key, captureTime }] of units.entries()) {
    const begun = units[starts.at(-1) ?? 0]?.captureTime ?? captureTime;
    if (starts.length === 0 || key || captureTime - begun >= longest) starts.push(i);
  }
  return starts.map((from, i) => ({ from, to: starts[i + 1] ?? units.length }));
}

/** Puts a segment, and a picture beside it if told, where the recorder would. @returns its path below the root */
export async function writeSegment(
  root: string,
  options: SegmentOptions & { readonly picture?: true },
): Promise<string> {
  const start = options.units[0]?.captureTime ?? micros(0);
  const path = formatRecordingPath({ branch: '', local: localTimeOf(start), copy: 1, kind: 'mp4' });
  await mkdir(dirname(join(root, path)), { recursive: true });
  await writeFile(join(root, path), segmentBytes(options));
  if (options.picture)
    await writeFile(join(root, `${path.slice(0, -4)}.jpg`), Uint8Array.of(0xff, 0xd8, 0xff, 0xd9));
  return path;
}
