import { type Micros, micros, microsToTicks } from '@pinhole/core';
import { type AudioTrack, recordingFragment, type TrackRun, type TrackSample } from '@pinhole/media/fmp4';
import { NAL_TYPE, nalType, nalUnits, parseSps } from '@pinhole/media/h264';
import { fixtureUnits } from './fixture-units.ts';
import { h264Fixture } from './h264-fixture.ts';
import { hex } from './hex.ts';

type FixtureName = Parameters<typeof h264Fixture>[0];

const INTERVAL = micros(40_000);

/** When the fragments of `fragmentOf` were captured. */
const CAPTURED = micros(1_790_000_000_123_456);

/** Stereo AAC. */
export const AAC: AudioTrack = { codec: 'aac', sampleRate: 48_000, channels: 2, config: hex('11 90') };

/** Mono Opus. */
export const OPUS: AudioTrack = { codec: 'opus', sampleRate: 48_000, channels: 1 };

/** Parameter sets of a test stream, as a stream tells them. */
export function parametersOf(name: FixtureName) {
  const nals = [...nalUnits(h264Fixture(name))];
  const sps = nals.find((nal) => nalType(nal) === NAL_TYPE.sps) ?? hex('');
  const pps = nals.filter((nal) => nalType(nal) === NAL_TYPE.pps).slice(0, 1);
  const { width, height } = parseSps(sps);
  return { sps, pps, width, height };
}

const isSlice = (nal: Uint8Array): boolean =>
  ([NAL_TYPE.slice, NAL_TYPE.idr] as number[]).includes(nalType(nal));

/** The pictures of a test stream as samples. */
export function videoSamples(name: FixtureName, interval: Micros = INTERVAL): TrackSample[] {
  return fixtureUnits(h264Fixture(name), { interval }).map(({ nalUnits: nals, key, pts, dts }) => ({
    parts: nals.filter(isSlice),
    lengths: 'before-each',
    durationTicks: microsToTicks(interval),
    compositionOffsetTicks: microsToTicks(micros(pts - dts)),
    key,
  }));
}

/** Something in the place of sound: three bytes a sample. */
export const audioSamples = (count: number): TrackSample[] =>
  Array.from({ length: count }, (_, i) => ({
    parts: [Uint8Array.of(0x21, i, i + 1)],
    lengths: 'none',
    durationTicks: 1024,
    compositionOffsetTicks: 0,
    key: true,
  }));

/** A fragment of these samples. */
export const fragmentOf = (runs: readonly TrackRun[], sequenceNumber = 1) =>
  recordingFragment({
    sequenceNumber,
    producerTime: { trackId: 1, captureTime: CAPTURED, mediaTime: 7200 },
    runs,
  });
