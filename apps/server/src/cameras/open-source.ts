import type { Logger } from '@pinhole/core';
import type { Source } from '@pinhole/engine';
import { createFileSource } from '@pinhole/sources/file';
import { createRtspSource } from '@pinhole/sources/rtsp';
import { createSyntheticSource } from '@pinhole/sources/synthetic';
import type { SourceSpec } from '../config/source-spec.ts';

/** The source that a camera's one-line description means. */
export function openSource(id: string, spec: SourceSpec, log: Logger): Source {
  switch (spec.kind) {
    case 'synthetic': {
      const { width, height, framesPerSecond, gopFrames } = spec;
      return createSyntheticSource({ width, height, framesPerSecond, gopFrames, label: id });
    }
    case 'rtsp': {
      const { url, transport, via = 'auto' } = spec;
      return createRtspSource({ url, transport, via, log: log.child({ camera: id }) });
    }
    case 'file':
      return createFileSource({ path: spec.path });
  }
}
