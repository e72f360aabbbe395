import type { Logger, Micros } from '@pinhole/core';
import type { Cameras, PeerFactory, Source, ViewerRegistry } from '@pinhole/engine';
import { JpegDecoder } from '@pinhole/ffmpeg';
import { LiveEndpoint, RASPICAM_DIALECT } from '@pinhole/outputs/live';
import { MjpegStreams } from '@pinhole/outputs/mjpeg';
import { HttpStreams } from '@pinhole/outputs/mp4';
import { JpegQuality, PictureFeeds } from '@pinhole/outputs/pictures';
import type { StillDecoder } from '@pinhole/outputs/recorder';
import { createSnapshots, type Snapshots } from '@pinhole/outputs/snapshot';
import { CameraSlots, type CameraSlotsOptions } from '@pinhole/outputs/ustreamer';
import { createWeriftPeerFactory, type OwnedFanout, serveViewerChannel } from '@pinhole/outputs/webrtc';
import { createTransports, type SharedPort } from '@pinhole/webrtc';
import { utcNow } from '../clock.ts';
import type { ServerConfig } from '../config/config-schema.ts';
import type { RoomLinks } from '../rooms/room-links.ts';
import { openSource, type SourceSpec } from '../sources/source-spec.ts';
import { openFanout } from './fanout.ts';
import { iceServersOf } from './ice-servers.ts';
import { hostAddressesOf } from './webrtc-port.ts';

/** What an output needs from the rest. */
export interface OutputOptions {
  readonly cameras: Cameras;
  readonly registry: ViewerRegistry;
  readonly now: () => Micros;
  readonly log: Logger;
}

/** What is wanted of a source besides its pictures. */
export interface SourceWishes {
  readonly audio: 'off' | 'on';
}

/** What brings pictures in and takes them out: the layer below this program. */
export interface MediaParts {
  openSource(id: string, spec: SourceSpec, wishes: SourceWishes): Source;
  openPeers(options: OutputOptions): PeerFactory;
  /** What sends RTP to viewers. */
  readonly fanout: OwnedFanout;
  /** How good the JPEG pictures of a camera's H.264 are; can be changed. */
  jpegQuality(camera: string, source: Source): JpegQuality;
  readonly snapshots: Snapshots;
  /** Makes the pictures beside recordings. */
  readonly stills: StillDecoder;
  openLive(options: OutputOptions): LiveEndpoint;
  openRaspicam(options: OutputOptions): LiveEndpoint;
  openMjpeg(options: OutputOptions): MjpegStreams;
  openStreams(options: OutputOptions): HttpStreams;
  /** Puts cameras into slots of shared memory. */
  openSlots(options: Omit<CameraSlotsOptions, 'feeds'>): CameraSlots;
  /** Ends what all cameras share. */
  close(): Promise<void>;
}

/** The real ones. */
export function openMediaParts(
  config: ServerConfig,
  {
    rooms,
    webrtcPort,
    log,
  }: {
    readonly rooms: Pick<RoomLinks, 'open'>;
    /** Of all WebRTC peers; open until its owner closes it. */
    readonly webrtcPort?: SharedPort | undefined;
    readonly log: Logger;
  },
): MediaParts {
  const decoder = new JpegDecoder();
  const qualities = new Map<string, JpegQuality>();
  const feeds = new PictureFeeds({ now: utcNow, qualityOf: (camera) => qualities.get(camera) });
  const reach = {
    iceServers: () => iceServersOf(config.webrtc.iceServers),
    ...hostAddressesOf(config),
    announcedAddresses: config.webrtc.announcedAddresses,
    ...(webrtcPort && { sharedPort: webrtcPort }),
    ...(config.webrtc.portRange && { portRange: config.webrtc.portRange }),
  };
  const transports = createTransports({ ...reach, log });
  // Where we are the ones who call, a server that has one port for all is told by ours which call it is: each has its own.
  const {
    hostAddresses,
    sharedPort: _,
    ...own
  } = { hostAddresses: undefined, sharedPort: undefined, ...reach };
  // Not held to loopback, unless somebody wrote so.
  const isHeld = config.webrtc.hostAddresses.length > 0 && hostAddresses !== undefined;
  const outwardTransports = createTransports({ ...own, ...(isHeld && { hostAddresses }), log });
  const fanout = openFanout(config.webrtc, log);
  return {
    openSource: (camera, spec, { audio }) =>
      openSource(spec, { camera, log: log.child({ camera }), transports, outwardTransports, rooms, audio }),
    openPeers: ({ cameras, now, log: peerLog }) =>
      createWeriftPeerFactory({
        ...reach,
        fanout,
        now,
        log: peerLog,
        onChannel: (pipe, viewer) => {
          const camera = cameras.list().find(({ stream }) => stream === viewer.stream);
          if (camera) serveViewerChannel(pipe, { viewer, camera, now, log: peerLog });
          else pipe.close();
        },
      }),
    fanout,
    jpegQuality: (camera, source) => {
      const quality = new JpegQuality(() => source.describe().jpeg === true);
      qualities.set(camera, quality);
      return quality;
    },
    snapshots: createSnapshots({ decoder }),
    stills: decoder,
    openLive: (options) => new LiveEndpoint({ ...options, feeds }),
    openRaspicam: (options) => new LiveEndpoint({ ...options, feeds, dialect: RASPICAM_DIALECT }),
    openMjpeg: (options) => new MjpegStreams({ ...options, feeds }),
    openStreams: (options) => new HttpStreams(options),
    openSlots: (options) => new CameraSlots({ ...options, feeds }),
    close: () => {
      fanout.close();
      return decoder.close();
    },
  };
}
