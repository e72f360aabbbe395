import { randomBytes } from 'node:crypto';
import type { Logger } from '@pinhole/core';
import { type Cameras, PublisherSessions, ViewerRegistry, ViewerSessions } from '@pinhole/engine';
import type { LiveEndpoint } from '@pinhole/outputs/live';
import type { MjpegStreams } from '@pinhole/outputs/mjpeg';
import type { HttpStreams } from '@pinhole/outputs/mp4';
import { createWhepHandler } from '@pinhole/signaling/whep';
import { createWhipHandler } from '@pinhole/signaling/whip';
import { monotonicNow, utcNow } from '../clock.ts';
import type { ServerConfig } from '../config/config-schema.ts';
import { iceServersOf } from '../media/ice-servers.ts';
import type { MediaParts } from '../media/parts.ts';
import { PushService } from '../push/push-service.ts';
import { Downloads } from '../recordings/downloads.ts';

/** Everybody who watches or publishes, and the ways on which they do. */
export interface Viewing {
  readonly viewers: ViewerRegistry;
  readonly sessions: ViewerSessions;
  readonly publishers: PublisherSessions;
  readonly downloads: Downloads;
  readonly push: PushService;
  readonly whep: ReturnType<typeof createWhepHandler>;
  readonly whip: ReturnType<typeof createWhipHandler>;
  readonly live: LiveEndpoint;
  readonly raspicam: LiveEndpoint;
  readonly streams: HttpStreams;
  readonly mjpeg: MjpegStreams;
}

const newSessionId = (): string => randomBytes(18).toString('base64url');

/** Puts the outputs of the cameras together. */
export function openViewing(
  config: ServerConfig,
  { cameras, media, log }: { readonly cameras: Cameras; readonly media: MediaParts; readonly log: Logger },
): Viewing {
  const { limits } = config;
  const viewers = new ViewerRegistry({
    limits: {
      total: limits.viewers,
      perCamera: limits.viewersPerCamera,
      perAddress: limits.viewersPerAddress,
    },
    now: utcNow,
    newId: newSessionId,
  });
  const outputs = { cameras, registry: viewers, now: utcNow, log };
  const sessions = new ViewerSessions({
    peers: media.openPeers(outputs),
    registry: viewers,
    now: utcNow,
    log,
  });
  const publishers = new PublisherSessions({ now: utcNow, newId: newSessionId, log });
  const sdpHttp = {
    cameras,
    iceServers: () => iceServersOf(config.iceServers),
    allowOrigin: (origin: string) => config.origins.includes('*') || config.origins.includes(origin),
    log,
  };
  return {
    viewers,
    sessions,
    publishers,
    downloads: new Downloads({ limits, now: utcNow, monotonicNow, log }),
    push: new PushService({ publishers, now: monotonicNow, log }),
    whep: createWhepHandler({ ...sdpHttp, sessions }),
    whip: createWhipHandler({ ...sdpHttp, sessions: publishers }),
    live: media.openLive(outputs),
    raspicam: media.openRaspicam(outputs),
    streams: media.openStreams(outputs),
    mjpeg: media.openMjpeg(outputs),
  };
}
