import { micros, PinholeError } from '@pinhole/core';
import type { Source, SourceSink } from '@pinhole/engine';
import type { ClipUnit } from './clip.ts';

/** How a clip is played. */
export interface ClipSourceOptions {
  readonly units: readonly ClipUnit[];
  readonly framesPerSecond: number;
  /** Called right before a picture goes into the stream. */
  readonly aboutToWrite?: () => void;
}

/** A camera that plays a clip from memory, over and over, at the pace of its frames. It makes no key frame on request. */
export class ClipSource implements Source {
  readonly #options: ClipSourceOptions;
  #sequence = 0;

  constructor(options: ClipSourceOptions) {
    this.#options = options;
  }

  start(sink: SourceSink, { signal }: Parameters<Source['start']>[1]): Promise<void> {
    const frameMs = 1000 / this.#options.framesPerSecond;
    const startedAt = performance.now() - this.#sequence * frameMs;
    let timer: NodeJS.Timeout;
    const next = (): void => {
      this.#write(sink);
      timer = setTimeout(next, Math.max(0, startedAt + this.#sequence * frameMs - performance.now()));
    };
    sink.state({ kind: 'live' });
    next();
    return new Promise((resolve) => {
      signal.addEventListener('abort', () => {
        clearTimeout(timer);
        resolve();
      });
    });
  }

  requestKeyFrame(): void {}

  describe(): ReturnType<Source['describe']> {
    return { kind: 'clip', label: 'a clip in memory', keyFrameOnRequest: false };
  }

  controls(): ReturnType<Source['controls']> {
    return [];
  }

  setControl(id: string): Promise<void> {
    return Promise.reject(new PinholeError('control/unknown', `a clip has no control "${id}"`));
  }

  #write(sink: SourceSink): void {
    const { units, framesPerSecond, aboutToWrite } = this.#options;
    const unit = units[this.#sequence % units.length];
    if (!unit) throw new Error('an empty clip');
    const sequence = this.#sequence++;
    const pts = micros(Math.round((sequence * 1e6) / framesPerSecond));
    const captureTime = micros(Math.round((performance.timeOrigin + performance.now()) * 1000));
    aboutToWrite?.();
    sink.write({ data: unit.data, key: unit.key, captureTime, pts, dts: pts, sequence });
  }
}
