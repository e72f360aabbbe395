import { type Logger, PinholeError } from '@pinhole/core';
import type { Source } from '@pinhole/engine';
import { createSyntheticSource } from '@pinhole/sources/synthetic';
import type { SourceSpec } from '../config/source-spec.ts';

/** The source that a camera's one-line description means. */
export function openSource(id: string, spec: SourceSpec, _log: Logger): Source {
  switch (spec.kind) {
    case 'synthetic': {
      const { width, height, framesPerSecond, gopFrames } = spec;
      return createSyntheticSource({
        width,
        height,
        framesPerSecond,
        gopFrames,
        label: `Test picture "${id}"`,
      });
    }
    case 'file':
    case 'rtsp':
      throw new PinholeError('source/unavailable', `no ${spec.kind} source for camera "${id}"`);
  }
}
