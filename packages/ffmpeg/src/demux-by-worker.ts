import type { Abort } from '@pinhole/core';
import { markNotLoaded } from './backend.ts';
import type { DemuxRun } from './demux.ts';
import type { DemuxRequest, DemuxSink } from './demuxed-unit.ts';
import { FfmpegError, failureOf } from './failure.ts';
import { createScrubber } from './scrub.ts';
import type { WorkerReport } from './worker/messages.ts';
import { WorkerProcess } from './worker-process.ts';

/** Demuxes with node-av in a child process. The URL reaches it by IPC, so that no list of processes shows it. */
export function demuxByWorker(request: DemuxRequest, sink: DemuxSink, signal: Abort): DemuxRun {
  const scrub = createScrubber(request.url);
  let last: WorkerReport | undefined;
  const worker = new WorkerProcess({ scrub, handle });

  function handle(report: WorkerReport): void {
    switch (report.kind) {
      case 'ready':
        worker.order({ kind: 'demux', request });
        return;
      case 'opened':
        sink.opened(report.input);
        return;
      case 'unit':
        if (!signal.aborted) sink.write(report.unit);
        return;
      case 'audio':
        if (!signal.aborted) sink.audio?.(report.frame);
        return;
      case 'dropped-busy':
        sink.droppedBusy(report.total);
        return;
      case 'failed':
      case 'ended':
      case 'not-loaded':
        last = report;
        return;
      case 'jpeg':
      case 'encoder':
      case 'picture-done':
    }
  }

  async function outcome(): Promise<'ended' | 'not-loaded'> {
    const abort = (): void => worker.stop();
    signal.addEventListener('abort', abort);
    if (signal.aborted) abort();
    const end = await worker.ended;
    signal.removeEventListener('abort', abort);
    if (signal.aborted || last?.kind === 'ended') return 'ended';
    if (last?.kind === 'not-loaded') {
      markNotLoaded(`does not load (${last.why})`);
      return 'not-loaded';
    }
    // FFmpeg logs the reason; the code that its call returns often says less.
    if (last?.kind === 'failed') throw failureOf([...worker.lines, ...last.lines.map(scrub)]);
    const how = end.error?.message ?? end.signal ?? `exit code ${end.code}`;
    throw new FfmpegError(
      'ffmpeg/crashed',
      `the FFmpeg process ended (${how}): ${worker.lines.at(-1) ?? 'it wrote nothing'}`,
    );
  }

  return {
    ended: outcome(),
    pid: () => worker.pid,
    requestKeyFrame: () => worker.order({ kind: 'key-frame' }),
  };
}
