import { type Logger, PinholeError } from '@pinhole/core';
import type { Source } from '@pinhole/engine';
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
    case 'rtsp':
      return createRtspSource({ url: spec.url, transport: spec.transport, log: log.child({ camera: id }) });
    case 'file':
      throw new PinholeError('source/unavailable', `no ${spec.kind} source for camera "${id}"`);
  }
}
