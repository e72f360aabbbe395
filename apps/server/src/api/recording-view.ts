import type { z } from '@hono/zod-openapi';
import { type Micros, micros } from '@pinhole/core';
import type { FootageSpan, RecordedDay, RecordedFile } from '@pinhole/outputs/archive';
import type { RecorderFault, RecordingStarter, TreeState } from '@pinhole/outputs/recorder';
import type { UploadState } from '@pinhole/outputs/upload';
import type { CameraRecordings, Recordings } from '../recordings/recordings.ts';
import { isoOf } from './camera-view.ts';
import type {
  footageSpanSchema,
  recordedDaySchema,
  recordingSchema,
  recordingStateSchema,
  startedSchema,
} from './recording-schemas.ts';

type State = z.output<typeof recordingStateSchema>;

/** What is recorded of a camera now. */
export function recordingStateView(
  { recorder, archive, rewind }: CameraRecordings,
  { freeBytes, uploads }: Pick<Recordings, 'freeBytes' | 'uploads'>,
): State {
  const { mode, recording, by, background, onDemand } = recorder.state;
  const { files, sizeBytes, reading, fault } = archive.state;
  const { from, to, bytes } = rewind?.extent ?? {};
  return {
    mode,
    recording,
    by: by.map(starterView),
    background: treeView(background, archive.root),
    onDemand: treeView(onDemand, archive.root),
    ...(from !== undefined &&
      to !== undefined && { rewind: { from: isoOf(from), to: isoOf(to), bytes: bytes ?? 0 } }),
    ...(uploads && { upload: uploadView(uploads.state, archive.camera) }),
    archive: {
      files,
      bytes: sizeBytes,
      ...(freeBytes !== undefined && { freeBytes }),
      ...(reading && { reading: { ...reading } }),
      ...(fault !== undefined && { fault }),
    },
  };
}

const uploadView = ({ waiting, active, fault }: UploadState, camera: string): State['upload'] => ({
  waiting,
  sending: active
    .filter((each) => each.camera === camera)
    .map(({ path, sizeBytes, sentBytes }) => ({ path, bytes: sizeBytes, sent: sentBytes })),
  ...(fault && { fault: { ...fault } }),
});

/** Somebody's start. */
export const starterView = ({
  id,
  who,
  since,
  until,
  reason,
}: RecordingStarter): z.output<typeof startedSchema> => ({
  id,
  who,
  since: isoOf(since),
  ...(until !== undefined && { until: isoOf(until) }),
  ...(reason !== undefined && { reason }),
});

/** One recording of a camera. */
export function recordingView(camera: string, file: RecordedFile): z.output<typeof recordingSchema> {
  const { path, startTime, endTime, sizeBytes, state, video, audio, onDemand, thumbnail } = file;
  const url = `/cameras/${camera}/recordings/${path}`;
  return {
    path,
    start: isoOf(startTime),
    end: endOf(endTime),
    bytes: sizeBytes,
    state,
    ...(video && { video: { ...video } }),
    ...(audio && { audio: { ...audio } }),
    ...(onDemand && { onDemand: { by: onDemand.by, at: isoOf(onDemand.at) } }),
    urls: { file: url, ...(thumbnail && { thumbnail: url.replace(/mp4$/, 'jpg') }) },
  };
}

/** A day of the calendar. */
export const dayView = (day: RecordedDay): z.output<typeof recordedDaySchema> => ({
  day: day.day,
  files: day.files,
  bytes: day.sizeBytes,
  recordedSeconds: seconds(day.recorded),
  start: isoOf(day.firstStart),
  end: endOf(day.lastEnd),
});

/** A stretch of the past. */
export const spanView = ({
  from,
  to,
  video,
  audio,
  files,
}: FootageSpan): z.output<typeof footageSpanSchema> => ({
  from: isoOf(from),
  to: isoOf(to),
  ...(video && { codec: video.codec, width: video.width, height: video.height }),
  ...(audio && { audio: audio.codec }),
  inMemory: files === 0,
});

function treeView(tree: TreeState, root: string): State['background'] {
  const { kind, since, file, bytesWritten, droppedUnits, lastError } = tree;
  return {
    state: kind,
    ...(since !== undefined && { since: isoOf(since) }),
    // Where the folder lies is nobody's business.
    ...(file !== undefined && { file: file.slice(root.length + 1) }),
    bytesWritten,
    droppedUnits,
    ...(lastError && { lastError: faultView(lastError) }),
  };
}

const faultView = ({ code, why, at }: RecorderFault) => ({ code, why, at: isoOf(at) });

/** The first millisecond at which it is over: who asks for all up to there gets it whole. */
const endOf = (time: Micros): string => isoOf(micros(Math.ceil(time / 1000) * 1000));

const seconds = (duration: Micros): number => Math.round(duration / 1000) / 1000;
