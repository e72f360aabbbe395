import type { TreeCounters } from '@pinhole/outputs/recorder';
import type { DownloadEnd, Downloads } from '../recordings/downloads.ts';
import type { CameraRecordings, Recordings } from '../recordings/recordings.ts';
import type { PrometheusText, Sample } from './prometheus.ts';

type Named = CameraRecordings & { readonly camera: string };

const TREES = ['background', 'on-demand'] as const;
const STATES = ['off', 'starting', 'recording', 'failing'] as const;
const ENDS: readonly DownloadEnd[] = ['stalled', 'revoked', 'expired', 'left'];

/** The figures of what is recorded, kept and downloaded. */
export function recordingMetrics(
  text: PrometheusText,
  { recordings, downloads }: { readonly recordings: Recordings; readonly downloads: Downloads },
): void {
  const all = recordings.list();
  written(text, all);
  kept(text, all, recordings);
  uploaded(text, recordings);
  downloaded(text, downloads);
}

function written(text: PrometheusText, all: readonly Named[]): void {
  const trees = all.flatMap(({ camera, recorder: { state, counters } }) =>
    TREES.map((tree) => ({
      labels: { camera, tree },
      state: tree === 'background' ? state.background : state.onDemand,
      counters: counters[tree],
    })),
  );
  const each = (value: (counters: TreeCounters) => number): readonly Sample[] =>
    trees.map(({ labels, counters }) => ({ labels, value: value(counters) }));
  const parted = (
    name: string,
    parts: readonly (readonly [string, (counters: TreeCounters) => number])[],
  ): readonly Sample[] =>
    trees.flatMap(({ labels, counters }) =>
      parts.map(([word, value]) => ({ labels: { ...labels, [name]: word }, value: value(counters) })),
    );
  text
    .gauge(
      'pinhole_recording_state',
      'What is recorded: 1 for the state it is in',
      trees.flatMap(({ labels, state }) =>
        STATES.map((kind) => ({ labels: { ...labels, state: kind }, value: state.kind === kind ? 1 : 0 })),
      ),
    )
    .counter(
      'pinhole_recording_bytes_total',
      'Bytes written to recordings',
      each(({ bytesWritten }) => bytesWritten),
    )
    .counter(
      'pinhole_recording_frames_total',
      'Frames that were to be recorded',
      each(({ units }) => units),
    )
    .counter(
      'pinhole_recording_files_total',
      'Recordings that were completed',
      each(({ segments }) => segments),
    )
    .counter(
      'pinhole_recording_drops_total',
      'What was not recorded, by cause; sound is counted apart',
      parted('cause', [
        ['disk-slow', ({ unitsDroppedSlowDisk }) => unitsDroppedSlowDisk],
        ['disk-fault', ({ unitsDroppedFault }) => unitsDroppedFault],
        ['until-key', ({ unitsDroppedUntilKey }) => unitsDroppedUntilKey],
        ['sound', ({ soundDropped }) => soundDropped],
      ]),
    )
    .counter(
      'pinhole_recording_faults_total',
      'Times that recording failed',
      each(({ faults }) => faults),
    )
    .counter(
      'pinhole_recording_stills_total',
      'Pictures beside recordings: made, failed, or skipped as the one before was not ready',
      parted('result', [
        ['made', ({ stills }) => stills],
        ['failed', ({ stillsFailed }) => stillsFailed],
        ['skipped', ({ stillsSkipped }) => stillsSkipped],
      ]),
    )
    .gauge(
      'pinhole_recording_queue_bytes',
      'Bytes that wait for the disk',
      trees.map(({ labels, state }) => ({ labels, value: state.queuedBytes })),
    );
}

function kept(text: PrometheusText, all: readonly Named[], { retention, freeBytes }: Recordings): void {
  const each = (value: (one: Named) => number | undefined): readonly Sample[] =>
    all.flatMap((one) => {
      const known = value(one);
      return known === undefined ? [] : [{ labels: { camera: one.camera }, value: known }];
    });
  text
    .gauge(
      'pinhole_recordings_files',
      'Recordings on the disk',
      each(({ archive }) => archive.state.files),
    )
    .gauge(
      'pinhole_recordings_bytes',
      'Bytes of the recordings on the disk',
      each(({ archive }) => archive.state.sizeBytes),
    )
    .gauge(
      'pinhole_recordings_free_bytes',
      'Bytes left on the disk of the recordings; absent while it cannot be asked',
      freeBytes === undefined ? [] : [{ value: freeBytes }],
    )
    .gauge(
      'pinhole_recordings_unread',
      'Recordings whose headers are still to be read',
      each(({ archive }) => archive.state.reading?.waiting ?? 0),
    )
    .gauge(
      'pinhole_recordings_faulty',
      '1 while the folder cannot be read, or its index not be kept',
      each(({ archive }) => (archive.state.fault === undefined ? 0 : 1)),
    )
    .counter('pinhole_recordings_deleted_total', 'Recordings that were deleted, by reason', [
      { labels: { reason: 'space' }, value: retention.filesDeletedForSpace },
      { labels: { reason: 'age' }, value: retention.filesDeletedForAge },
      { labels: { reason: 'total' }, value: retention.filesDeletedForTotal },
      {
        labels: { reason: 'asked' },
        value:
          all.reduce((sum, { archive }) => sum + archive.counters.filesDeleted, 0) -
          retention.filesDeletedForSpace -
          retention.filesDeletedForAge -
          retention.filesDeletedForTotal,
      },
    ])
    .counter('pinhole_recordings_room_not_made_total', 'Times that too little could be deleted', [
      { value: retention.roomNotMade },
    ])
    .counter(
      'pinhole_recordings_paths_refused_total',
      'Paths asked for that are none of a recording, or lead elsewhere',
      all.flatMap(({ camera, archive }) =>
        Object.entries(archive.counters.pathsRefused).map(([reason, value]) => ({
          labels: { camera, reason },
          value,
        })),
      ),
    )
    .gauge(
      'pinhole_rewind_bytes',
      'Memory that the last minutes take',
      each(({ rewind }) => rewind?.extent.bytes),
    )
    .gauge(
      'pinhole_rewind_seconds',
      'How far back memory reaches',
      each(({ rewind }) => {
        const { from, to } = rewind?.extent ?? {};
        return from === undefined || to === undefined ? undefined : (to - from) / 1e6;
      }),
    );
}

function uploaded(text: PrometheusText, { uploads }: Recordings): void {
  if (uploads === undefined) return;
  const { state, counters } = uploads;
  text
    .gauge('pinhole_uploads_waiting', 'Recordings that wait for being copied to the storage service', [
      { value: state.waiting + state.active.length },
    ])
    .gauge('pinhole_uploads_failing', '1 while the storage service does not take them', [
      { value: state.fault === undefined ? 0 : 1 },
    ])
    .counter('pinhole_uploads_total', 'Recordings that were copied, or not, by how it went', [
      { labels: { result: 'sent' }, value: counters.filesUploaded },
      { labels: { result: 'there-already' }, value: counters.filesThereAlready },
      { labels: { result: 'gone' }, value: counters.filesGone },
      { labels: { result: 'unreadable' }, value: counters.filesUnreadable },
    ])
    .counter('pinhole_upload_tries_failed_total', 'Tries that the storage service or the way to it refused', [
      { value: counters.triesFailed },
    ])
    .counter('pinhole_upload_bytes_total', 'Bytes that the storage service took', [
      { value: counters.bytesUploaded },
    ]);
}

function downloaded(text: PrometheusText, downloads: Downloads): void {
  const { begun, completed, bytesSent, refused, failed, ended } = downloads.counters;
  text
    .gauge('pinhole_downloads', 'Downloads of recordings now', [{ value: downloads.running }])
    .counter('pinhole_downloads_total', 'Downloads of recordings that began', [{ value: begun }])
    .counter('pinhole_downloads_ended_total', 'Downloads of recordings that ended, by cause', [
      { labels: { cause: 'completed' }, value: completed },
      { labels: { cause: 'failed' }, value: failed },
      ...ENDS.map((cause) => ({ labels: { cause }, value: ended[cause] })),
    ])
    .counter('pinhole_downloads_refused_total', 'Downloads turned away as too many ran', [{ value: refused }])
    .counter('pinhole_download_bytes_total', 'Bytes of recordings that were sent', [{ value: bytesSent }]);
}
