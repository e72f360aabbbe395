import type { Recording } from '@pinhole/client/recordings';
import { useState } from 'preact/hooks';
import { ConfirmDialog } from '../components/confirm-dialog.tsx';
import { IconButton } from '../components/icon-button.tsx';
import { downloadRecording, remove } from './past-actions.ts';
import { mayRecord, type Past } from './past-hook.ts';
import { downloadLimit } from './save-download.ts';
import { lengthOf, momentOf, sizeOf } from './time-words.ts';

/** More are not put on the page. */
const MOST = 200;

const STATES: Readonly<Partial<Record<Recording['state'], string>>> = {
  recording: 'being written',
  cut: 'cut off, plays',
  unreadable: 'cannot be read',
  unread: 'not looked at yet',
};

/** The recordings of the time on the timeline, one by one. */
export function RecordingsPanel({ past }: { readonly past: Past }) {
  const [doomed, setDoomed] = useState<Recording>();
  const footage = past.watch.footage.value;
  const { fromMs, toMs } = past.window.value;
  const files = (footage?.files ?? [])
    .filter(({ start, end }) => end / 1000 > fromMs && start / 1000 < toMs)
    .toReversed();
  const limit = downloadLimit();
  return (
    <aside class="panel recordings" aria-label="List of recordings">
      <h2>Recordings on the timeline</h2>
      {files.length === 0 && (
        <p class="quiet">None here. Show less time than a day to list them, or choose another day.</p>
      )}
      <ul>
        {files.slice(0, MOST).map((file) => (
          <li key={file.path}>
            <button type="button" class="recording" onClick={() => past.playback.watch(file.start / 1000)}>
              <strong>{momentOf(file.start / 1000)}</strong>
              <span class="quiet">
                {[lengthOf((file.end - file.start) / 1000), sizeOf(file.bytes), STATES[file.state]]
                  .filter((word) => word !== undefined)
                  .join(' · ')}
                {file.onDemand && ` · by ${file.onDemand.by}`}
              </span>
            </button>
            <IconButton
              icon="download"
              label={`Download ${file.path}`}
              onPress={() => void downloadRecording(past, file.path)}
            />
            {mayRecord(past.camera) && file.state !== 'recording' && (
              <IconButton icon="trash" label={`Delete ${file.path}`} onPress={() => setDoomed(file)} />
            )}
          </li>
        ))}
      </ul>
      {files.length > MOST && <p class="quiet">{files.length - MOST} more: show less time to list them.</p>}
      {limit !== undefined && <p class="quiet">{limit}</p>}
      {doomed && (
        <ConfirmDialog
          title="Delete this recording?"
          action="Delete"
          onConfirm={() => void remove(past, { path: doomed.path })}
          onClose={() => setDoomed(undefined)}
        >
          <p>
            {momentOf(doomed.start / 1000)}, {lengthOf((doomed.end - doomed.start) / 1000)}: it is deleted for
            good.
          </p>
        </ConfirmDialog>
      )}
    </aside>
  );
}
