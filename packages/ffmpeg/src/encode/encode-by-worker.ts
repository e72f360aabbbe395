import { markNotLoaded } from '../backend.ts';
import { FfmpegError } from '../failure.ts';
import { scrubCredentials } from '../scrub.ts';
import type { EncodeRequest, WorkerReport } from '../worker/messages.ts';
import { WorkerProcess } from '../worker-process.ts';
import type { EncodeRun, EncodeRunEvents } from './encode-run.ts';

/** Encodes with node-av in a child process. */
export function encodeByWorker(request: EncodeRequest, events: EncodeRunEvents): EncodeRun {
  let last: WorkerReport | undefined;
  let stopped = false;
  const worker = new WorkerProcess({ scrub: scrubCredentials, handle });

  function handle(report: WorkerReport): void {
    if (report.kind === 'ready') {
      worker.order({ kind: 'encode', request });
      events.ready();
    } else if (report.kind === 'encoder') {
      events.encoder(report);
    } else if (report.kind === 'unit') {
      const { data, key, captureTime } = report.unit;
      events.unit({ data, key, captureTime });
    } else if (report.kind === 'picture-done') {
      events.done(report.outcome);
    } else if (report.kind === 'failed' || report.kind === 'not-loaded') {
      last = report;
    }
  }

  void worker.ended.then((end) => {
    if (stopped) return events.ended(undefined);
    if (last?.kind === 'not-loaded') {
      markNotLoaded(`does not load (${last.why})`);
      return events.ended('not-loaded');
    }
    if (last?.kind === 'failed') {
      return events.ended(new FfmpegError('ffmpeg/encode', [...last.lines, ...worker.lines].join('; ')));
    }
    const how = end.error?.message ?? end.signal ?? `exit code ${end.code}`;
    const words = worker.lines.at(-1) ?? 'it wrote nothing';
    events.ended(new FfmpegError('ffmpeg/crashed', `the encoding process ended (${how}): ${words}`));
  });

  return {
    tunable: 'live',
    get pid() {
      return worker.pid;
    },
    send: (picture) => worker.order({ kind: 'picture', picture }),
    requestKeyFrame: () => worker.order({ kind: 'key-frame' }),
    tune: (tuning) => worker.order({ kind: 'tuning', tuning }),
    stop: () => {
      stopped = true;
      worker.stop();
    },
    kill: () => worker.kill(),
  };
}
