import { micros, millis, millisToMicros } from '@pinhole/core';
import type { RecorderError } from './disk-fault.ts';
import type { RecorderSettings } from './recorder-options.ts';
import { RecordingNames } from './recording-name.ts';
import { type RecordingStarter, serializeRecordingNote } from './recording-note.ts';
import type { RecordingRoot } from './recording-root.ts';
import type { RewindGop } from './rewind-buffer.ts';
import { SegmentQueue, type WrittenSegment } from './segment-queue.ts';
import { SegmentSink } from './segment-sink.ts';
import { StillWriter } from './still-writer.ts';
import { folderOf } from './tree-recorder.ts';

/** How something is saved. */
export interface RewindSave {
  readonly settings: RecorderSettings;
  /** Ready, and ours. */
  readonly root: RecordingRoot;
  readonly by: readonly RecordingStarter[];
}

/**
 * Writes what is remembered into the on-demand tree, as a recorder would have.
 * @returns the files, the oldest first
 * @throws {RecorderError} when the disk does not take it; what was written stays
 */
export async function saveRewind(
  gops: readonly RewindGop[],
  { settings, root, by }: RewindSave,
): Promise<readonly WrittenSegment[]> {
  const { camera, disk, lanes, writing, monotonic, makeRoom, now } = settings;
  const outcome: { readonly segments: WrittenSegment[]; error?: RecorderError } = { segments: [] };
  const { stills: decoder, stillQuality: quality } = settings;
  const stills = new StillWriter({ decoder, quality, disk, lane: lanes.lane() });
  const queue = new SegmentQueue({
    ...writing,
    root: folderOf(settings.root, 'on-demand'),
    unfinished: '.pinhole-save.part',
    prepare: () => root.prepare(),
    disk,
    lane: lanes.lane(),
    monotonic,
    makeRoom,
    opened: (file, { keyUnit }) => stills.make(file.stillPath, keyUnit),
    written: (segment) => outcome.segments.push(segment),
    failed: (error) => {
      outcome.error = error;
    },
  });
  const sink = new SegmentSink({
    queue,
    names: new RecordingNames(settings.zone),
    queueBytes: writing.queueBytes,
    segment: micros(Number.POSITIVE_INFINITY),
    fragment: millisToMicros(millis(writing.fragmentMs)),
    now,
    note: () => serializeRecordingNote({ camera: camera.id, tree: 'on-demand', by }),
    requestKeyFrame: () => {},
  });
  for (const gop of gops) {
    feed(sink, gop);
    // The memory of one GOP, not of all that is saved, waits for the disk.
    await queue.drained();
    if (outcome.error !== undefined) throw outcome.error;
  }
  sink.close();
  await queue.drained();
  if (outcome.error !== undefined) throw outcome.error;
  await stills.idle();
  return outcome.segments;
}

/** Pictures and sound in the order of their times. */
function feed(sink: SegmentSink, { units, sound }: RewindGop): void {
  let heard = 0;
  for (const unit of units) {
    sink.write(unit);
    for (let frame = sound[heard]; frame !== undefined && frame.pts <= unit.pts; frame = sound[heard]) {
      sink.writeAudio(frame);
      heard++;
    }
  }
  for (const frame of sound.slice(heard)) sink.writeAudio(frame);
}
