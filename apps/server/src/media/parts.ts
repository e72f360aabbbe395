import type { Logger, Micros } from '@pinhole/core';
import { PinholeError } from '@pinhole/core';
import type { Cameras, PeerFactory, Source, ViewerRegistry } from '@pinhole/engine';
import { LiveEndpoint } from '@pinhole/outputs/live';
import { openSource } from '../cameras/open-source.ts';
import type { ServerConfig } from '../config/config-schema.ts';
import type { SourceSpec } from '../config/source-spec.ts';

/** What the WebSocket path needs from the rest. */
export interface LiveOptions {
  readonly cameras: Cameras;
  readonly registry: ViewerRegistry;
  readonly now: () => Micros;
  readonly log: Logger;
}

/** What brings pictures in and takes them out: the layer below this program. */
export interface MediaParts {
  openSource(id: string, spec: SourceSpec): Source;
  readonly peers: PeerFactory;
  openLive(options: LiveOptions): LiveEndpoint;
  /** Ends what all cameras share. */
  close(): Promise<void>;
}

/** The real ones. */
export function openMediaParts(_config: ServerConfig, log: Logger): MediaParts {
  return {
    openSource: (id, spec) => openSource(id, spec, log),
    peers: { open: () => Promise.reject(new PinholeError('webrtc/unsupported', 'no WebRTC here')) },
    openLive: (options) => new LiveEndpoint(options),
    close: () => Promise.resolve(),
  };
}
