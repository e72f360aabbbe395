import type { Logger, Micros } from '@pinhole/core';
import type { Camera, NegotiatedChannel } from '@pinhole/engine';
import { CHANNEL_LABEL, ChannelId } from '@pinhole/protocol/picamera';
import type { Archive } from '../archive/archive.ts';
import type { Recorder } from '../recorder/recorder.ts';
import type { Snapshots } from '../snapshot/snapshots.ts';
import type { IpcSocket } from './ipc/ipc-socket.ts';
import { ArchiveLibrary } from './library/archive-library.ts';
import { JoinedLibrary } from './library/joined-library.ts';
import type { VideoLibrary } from './library/video-library.ts';
import { PicameraChannels, type PicameraViewer } from './picamera-channels.ts';
import { type PicameraCounters, PicameraTally } from './picamera-counters.ts';
import { FairTurns } from './transfer/fair-turns.ts';
import type { WireOption } from './viewer-wire.ts';

/** What the data channels of a device are made with. */
export interface PicameraChannelsOptions {
  readonly camera: Camera;
  readonly snapshots: Pick<Snapshots, 'take'>;
  /** What viewers may look through and fetch; without one, queries and downloads are met with silence. */
  readonly archive?: Archive;
  /** A folder that another program records into, or did: viewers find both in one list. */
  readonly foreignArchive?: Archive;
  /** What records when a viewer asks for it. */
  readonly recorder?: Pick<Recorder, 'start' | 'stop' | 'state' | 'events'>;
  /** The socket for local programs. It stays its owner's. */
  readonly ipc?: IpcSocket;
  /** Default `auto`: as each viewer's first message is written. */
  readonly wire?: WireOption;
  /** A viewer of the old topics that said nothing for so long is taken for one that only listens. Default 5 s. */
  readonly listenerAfterMs?: number;
  readonly now: () => Micros;
  readonly log: Logger;
}

/** The data channels of one device, for any number of viewers. */
export interface PicameraDevice {
  /** Begins to serve a viewer. Give it each of its channels, and close it when its connection is gone. */
  open(viewer: PicameraViewer): PicameraChannels;
  /** Viewers that are served now. */
  readonly viewers: number;
  /** A copy of the counts so far. */
  readonly counters: PicameraCounters;
  /** Ends all viewers' transfers and recordings; their connections stay their owner's. May be called again; never throws. */
  close(): void;
}

/** The channels that both ends of a connection have without opening them, as a peer is asked for them. */
export const PICAMERA_CHANNELS: readonly NegotiatedChannel[] = [
  { id: ChannelId.Command, label: CHANNEL_LABEL[ChannelId.Command], ordered: true },
  { id: ChannelId.Lossy, label: CHANNEL_LABEL[ChannelId.Lossy], ordered: true, maxRetransmits: 0 },
  { id: ChannelId.Reliable, label: CHANNEL_LABEL[ChannelId.Reliable], ordered: true },
];

/**
 * Makes what serves the data channels of a device: requests of every generation, transfers, recordings, camera properties, and
 * messages of local programs. It knows nothing of signaling: whoever opens connections asks for `PICAMERA_CHANNELS` and hands
 * over each channel when it is open.
 *
 * ```ts
 * const device = createPicameraChannels({ camera, snapshots, archive, recorder, ipc, now, log });
 * // for each viewer, before its connection is opened:
 * const channels = device.open({ name: clientId, who, rights, family: 'sdp', leave: () => void peer.close() });
 * const peer = await peers.open({ …, channels: PICAMERA_CHANNELS, onDataChannel: (channel) => channels.serve(channel) });
 * // when the connection is gone, however that came:
 * channels.close();
 * ```
 */
export function createPicameraChannels(options: PicameraChannelsOptions): PicameraDevice {
  const { ipc } = options;
  const tally = new PicameraTally();
  const parts = {
    options,
    library: libraryOf(options),
    tally,
    turns: new FairTurns(),
  };
  const served = new Set<PicameraChannels>();
  return {
    open: (viewer) => {
      tally.viewers++;
      const channels: PicameraChannels = new PicameraChannels(viewer, parts, () => served.delete(channels));
      served.add(channels);
      return channels;
    },
    get viewers() {
      return served.size;
    },
    get counters() {
      return tally.copy(ipc?.counters);
    },
    close: () => {
      for (const channels of served) channels.close();
    },
  };
}

function libraryOf({ archive, foreignArchive }: PicameraChannelsOptions): VideoLibrary | undefined {
  const own = archive && new ArchiveLibrary({ archive, writtenBy: 'us' });
  const foreign = foreignArchive && new ArchiveLibrary({ archive: foreignArchive, writtenBy: 'others' });
  return own && foreign ? new JoinedLibrary([foreign, own]) : (foreign ?? own);
}
