import { signal } from '@preact/signals';
import { say } from '../components/toast.tsx';
import type { Marks, Past } from './past-hook.ts';
import { type DownloadProgress, saveDownload } from './save-download.ts';
import { lengthOf, sizeOf } from './time-words.ts';

/** A download under way, for the person to see and to end. */
export interface RunningDownload extends DownloadProgress {
  readonly name: string;
  readonly cancel: () => void;
}

/** What is being downloaded; one at a time. */
export const runningDownload = signal<RunningDownload | undefined>(undefined);

const SAVED_SECONDS = 30;

/** Says what went wrong in a request. */
export const refuse = (error: unknown): void => say(error instanceof Error ? error.message : String(error));

/** Starts to record on demand, or ends what this token started. */
export async function toggleRecording({ api, watch }: Past): Promise<void> {
  const { value } = watch.recording;
  if (api === undefined || value === undefined) return;
  try {
    if (value.onDemand.state === 'off' && value.by.length === 0) {
      await api.start({ reason: 'web app' });
      say('Recording.');
    } else {
      const after = await api.stop();
      const left = after.by.length;
      say(
        left === 0 ? 'Recording ended.' : `${left === 1 ? 'Somebody else' : `${left} others`} still record.`,
      );
    }
  } catch (error) {
    refuse(error);
  }
  watch.refresh();
}

/** Makes a recording of what was just seen. */
export async function saveLast({ api, watch }: Past): Promise<void> {
  if (api === undefined) return;
  try {
    const saved = await api.save({ seconds: SAVED_SECONDS, reason: 'web app' });
    const ms = saved.reduce((sum, { start, end }) => sum + (end - start) / 1000, 0);
    say(`Saved the last ${lengthOf(ms)}.`);
  } catch (error) {
    refuse(error);
  }
  watch.refresh();
}

/** The marks, when they make a stretch. */
export function markedRange({
  fromMs,
  toMs,
}: Marks): { readonly from: never; readonly to: never } | undefined {
  if (fromMs === undefined || toMs === undefined || toMs <= fromMs) return undefined;
  return { from: Math.round(fromMs * 1000) as never, to: Math.round(toMs * 1000) as never };
}

/** Sets one end of the stretch; an end that would lie before its beginning takes that away. */
export function mark(past: Past, end: 'from' | 'to'): void {
  const at = past.playback.positionMs.value ?? past.nowMs();
  const { fromMs, toMs } = past.marks.value;
  if (end === 'from') past.marks.value = { fromMs: at, ...(toMs !== undefined && toMs > at && { toMs }) };
  else past.marks.value = { toMs: at, ...(fromMs !== undefined && fromMs < at && { fromMs }) };
}

/** Downloads the marked stretch as one file, as it was coded. */
export async function exportMarked(past: Past): Promise<void> {
  const range = markedRange(past.marks.value);
  const { api, camera } = past;
  if (api === undefined || range === undefined) return;
  const name = `${fileNameOf(camera.label, past.marks.value.fromMs ?? 0)}.mp4`;
  await download(name, (signal) =>
    api.openFootage({ ...range, purpose: 'export', gaps: 'closed' }, { signal }),
  );
}

/** Downloads a recording as it lies on the disk; a break in the network is gone on after. */
export async function downloadRecording({ api, camera }: Past, path: string): Promise<void> {
  if (api === undefined) return;
  const name = `${camera.id}_${path.slice(path.lastIndexOf('/') + 1)}`;
  await download(name, (signal, range) => api.openFile(path, { signal, ...(range && { range }) }));
}

async function download(
  name: string,
  open: (
    signal: AbortSignal,
    rest: { readonly from: number; readonly etag: string } | undefined,
  ) => Promise<Response>,
): Promise<void> {
  if (runningDownload.value !== undefined) {
    say('One download at a time: let the other one end first.');
    return;
  }
  const abort = new AbortController();
  const cancel = (): void => abort.abort();
  const { signal: aborted } = abort;
  try {
    runningDownload.value = { name, bytes: 0, cancel };
    const done = await saveDownload(
      { name, open: (rest) => open(aborted, rest) },
      {
        signal: aborted,
        progress: (progress) => {
          runningDownload.value = { name, ...progress, cancel };
        },
      },
    );
    if (done) say(`Saved ${name} (${sizeOf(runningDownload.value?.bytes ?? 0)}).`);
  } catch (error) {
    if (aborted.aborted) say('The download was cancelled.');
    else refuse(error);
  } finally {
    runningDownload.value = undefined;
  }
}

/** Deletes the recordings that lie whole within the marks. */
export async function deleteMarked(past: Past): Promise<void> {
  const range = markedRange(past.marks.value);
  if (range !== undefined) await remove(past, range);
}

/** Deletes recordings, for good. */
export async function remove(
  { api, watch, thumbnails }: Past,
  what: { readonly path: string } | { readonly from: never; readonly to: never },
): Promise<void> {
  if (api === undefined) return;
  try {
    const { files, bytes } = await api.remove(what);
    say(files === 0 ? 'No recording lies whole within the marks.' : `Deleted ${files} (${sizeOf(bytes)}).`);
    thumbnails.clear();
  } catch (error) {
    refuse(error);
  }
  watch.refresh();
}

const fileNameOf = (label: string, atMs: number): string =>
  `${label.replace(/[^\p{L}\p{N}]+/gu, '-')}-${new Date(atMs).toISOString().slice(0, 19).replaceAll(':', '-')}`;
