import { useState } from 'preact/hooks';
import { ConfirmDialog } from '../components/confirm-dialog.tsx';
import { Icon } from '../components/icon.tsx';
import { IconButton } from '../components/icon-button.tsx';
import { deleteMarked, exportMarked, markedRange, runningDownload } from './past-actions.ts';
import { mayRecord, type Past } from './past-hook.ts';
import { downloadLimit } from './save-download.ts';
import { clockOf, lengthOf, momentOf, sizeOf } from './time-words.ts';

/** What can be done with the marked stretch, and how a download goes on. */
export function ClipBar({ past }: { readonly past: Past }) {
  const [asking, setAsking] = useState(false);
  const { fromMs, toMs } = past.marks.value;
  const running = runningDownload.value;
  if (fromMs === undefined && toMs === undefined && running === undefined) return null;
  const range = markedRange(past.marks.value);
  const limit = downloadLimit();
  return (
    <div class="clip-bar">
      {(fromMs !== undefined || toMs !== undefined) && (
        <span class="clip-words">
          {fromMs === undefined ? 'Beginning not marked' : momentOf(fromMs)} –{' '}
          {toMs === undefined ? 'end not marked' : clockOf(toMs)}
          {fromMs !== undefined && toMs !== undefined && <strong> {lengthOf(toMs - fromMs)}</strong>}
        </span>
      )}
      {range && (
        <button
          type="button"
          class="quiet-button"
          title={`As it was recorded, from the key frame at the beginning or before it to the one at the end or behind it.${limit === undefined ? '' : ` ${limit}`}`}
          disabled={running !== undefined}
          onClick={() => void exportMarked(past)}
        >
          <Icon name="download" /> Download the clip
        </button>
      )}
      {range && mayRecord(past.camera) && (
        <button type="button" class="quiet-button" onClick={() => setAsking(true)}>
          <Icon name="trash" /> Delete recordings
        </button>
      )}
      {(fromMs !== undefined || toMs !== undefined) && (
        <IconButton
          icon="remove"
          label="Forget the marks"
          onPress={() => {
            past.marks.value = {};
          }}
        />
      )}
      {running && (
        <span class="clip-progress" role="status">
          <progress
            aria-label={`Download of ${running.name}`}
            max={running.totalBytes}
            {...(running.totalBytes !== undefined && { value: running.bytes })}
          />
          {sizeOf(running.bytes)}
          <button type="button" class="quiet-button" onClick={running.cancel}>
            Cancel
          </button>
        </span>
      )}
      {asking && fromMs !== undefined && toMs !== undefined && (
        <ConfirmDialog
          title="Delete recordings?"
          action="Delete"
          onConfirm={() => void deleteMarked(past)}
          onClose={() => setAsking(false)}
        >
          <p>
            All recordings of {past.camera.label} that lie whole between {momentOf(fromMs)} and{' '}
            {momentOf(toMs)} are deleted for good. Those that begin before or end behind stay.
          </p>
        </ConfirmDialog>
      )}
    </div>
  );
}
