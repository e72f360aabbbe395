import { micros, millis, ticks90k } from '@pinhole/core';
import { Stream } from '@pinhole/engine';
import { mediaFragment } from '@pinhole/media/fmp4';
import { AccessUnitAssembler, nalUnits } from '@pinhole/media/h264';
import { H264Depacketizer, packetizeH264, parseRtp, serializeRtp } from '@pinhole/media/rtp';
import { serializeLiveFrame } from '@pinhole/protocol/live';
import { CAMERA_CLIP, type ClipUnit, clipFile, readClip } from './support/clip.ts';
import type { Bench, Figure } from './support/figure.ts';
import { median } from './support/statistics.ts';

const WARM_UP_MS = 300;
const SAMPLE_MS = 120;
const SAMPLES = 7;
const CHUNK_BYTES = 64 * 1024;
const FRAME_TICKS = 3000;

/** How fast bytes are read and written in memory, on one core. */
export const bench: Bench = {
  title: 'Parsers and writers',
  about: `A ${CAMERA_CLIP.bitrateKbps / 1000} Mbit/s 1080p30 stream in memory through each of them, over and over, on one core; the median of ${SAMPLES} samples.`,
  needs: ['ffmpeg'],
  run: async () => casesOf(readClip(clipFile(CAMERA_CLIP))).map(({ name, run }) => measure(name, run)),
};

interface Case {
  readonly name: string;
  /** Goes through the clip once. @returns bytes that were read. */
  readonly run: () => number;
}

function casesOf(units: readonly ClipUnit[]): readonly Case[] {
  const clip = Buffer.concat(units.map(({ data }) => data));
  const splits = units.map(({ data, key }) => ({ nalUnits: [...nalUnits(data)], key }));
  const runs = splits.map((unit) => packetizeH264(unit.nalUnits));
  const payloadBytes = runs.flat().reduce((sum, { byteLength }) => sum + byteLength, 0);
  let sequence = 0;
  const datagrams = runs.flatMap((payloads, frame) =>
    payloads.map((payload, i) =>
      serializeRtp({
        payloadType: 96,
        sequence: sequence++ & 0xffff,
        timestamp: frame * FRAME_TICKS,
        ssrc: 1,
        marker: i === payloads.length - 1,
        payload,
      }),
    ),
  );
  const packets = datagrams.map((datagram) => parseRtp(datagram));
  return [
    {
      name: '`nalUnits`',
      run: () => {
        let count = 0;
        for (const { data } of units) for (const _ of nalUnits(data)) count++;
        return count > 0 ? clip.byteLength : 0;
      },
    },
    {
      name: '`AccessUnitAssembler.push`, chunks of 64 KiB',
      run: () => {
        const assembler = new AccessUnitAssembler();
        for (let at = 0; at < clip.byteLength; at += CHUNK_BYTES) {
          assembler.push(clip.subarray(at, at + CHUNK_BYTES), millis(0));
        }
        return clip.byteLength;
      },
    },
    {
      name: '`Stream.write`',
      run: () => {
        const stream = new Stream();
        units.forEach((unit, i) => {
          const at = micros(i * 33_333);
          stream.write({ ...unit, captureTime: at, pts: at, dts: at, sequence: i }, at);
        });
        return clip.byteLength;
      },
    },
    {
      name: '`packetizeH264`',
      run: () => {
        for (const unit of splits) packetizeH264(unit.nalUnits);
        return clip.byteLength;
      },
    },
    {
      name: '`parseRtp`',
      run: () => {
        for (const datagram of datagrams) parseRtp(datagram);
        return payloadBytes;
      },
    },
    {
      name: '`H264Depacketizer.push`',
      run: () => {
        const depacketizer = new H264Depacketizer();
        for (const packet of packets) depacketizer.push(packet);
        return payloadBytes;
      },
    },
    {
      name: '`mediaFragment`, one picture each',
      run: () => {
        splits.forEach((unit, i) => {
          const sample = { ...unit, durationTicks: FRAME_TICKS, compositionOffsetTicks: 0 };
          mediaFragment({
            sequenceNumber: i + 1,
            baseDecodeTime: ticks90k(i * FRAME_TICKS),
            samples: [sample],
          });
        });
        return clip.byteLength;
      },
    },
    {
      name: '`serializeLiveFrame`',
      run: () => {
        units.forEach(({ data, key }, i) => {
          const at = micros(i * 33_333);
          serializeLiveFrame({
            type: 'video',
            key,
            discontinuity: false,
            configChanged: false,
            droppable: false,
            catchUp: false,
            track: 0,
            sequence: i,
            pts: at,
            captureTime: at,
            payload: data,
          });
        });
        return clip.byteLength;
      },
    },
  ];
}

function measure(name: string, run: Case['run']): Figure {
  sample(run, WARM_UP_MS);
  const speeds = Array.from({ length: SAMPLES }, () => sample(run, SAMPLE_MS));
  return { name, measure: 'speed', value: median(speeds), unit: 'MB/s' };
}

/** Megabytes a second over at least `durationMs`. */
function sample(run: Case['run'], durationMs: number): number {
  const startedAt = performance.now();
  let bytes = 0;
  let elapsedMs = 0;
  while (elapsedMs < durationMs) {
    bytes += run();
    elapsedMs = performance.now() - startedAt;
  }
  return bytes / 1000 / elapsedMs;
}
