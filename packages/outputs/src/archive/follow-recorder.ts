import { isAbsolute, relative, sep } from 'node:path';
import type { Recorder } from '../recorder/recorder.ts';
import type { Archive } from './archive.ts';

/**
 * Lets an archive know what a recorder of the same root begins and ends, so that a recording can be asked for from its first
 * second on and is never deleted while it is being written.
 * @returns a function that ends it
 */
export function followRecorder(archive: Archive, recorder: Pick<Recorder, 'events' | 'state'>): () => void {
  const pathOf = (file: string): string | undefined => {
    const path = relative(archive.root, file).split(sep).join('/');
    return path.startsWith('..') || isAbsolute(path) ? undefined : path;
  };
  const look = ({ background, onDemand, by }: Recorder['state']): void => {
    for (const { tree, file, segmentStart } of [background, onDemand]) {
      const path = file === undefined ? undefined : pathOf(file);
      if (path === undefined || segmentStart === undefined || archive.get(path)?.state === 'recording')
        continue;
      const [first] = tree === 'on-demand' ? by : [];
      archive.begun({
        path,
        startTime: segmentStart,
        ...(first && { onDemand: { by: first.who, at: first.since } }),
      });
    }
  };
  look(recorder.state);
  const offState = recorder.events.on('state', look);
  const offSegment = recorder.events.on('segment', ({ path: file }) => {
    const path = pathOf(file);
    if (path !== undefined) void archive.ended(path);
  });
  return () => {
    offState();
    offSegment();
  };
}
