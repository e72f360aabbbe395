import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Logger, Micros } from '@pinhole/core';
import type { Camera, Identity, NegotiatedChannel, Right, ViewerSessions } from '@pinhole/engine';
import type { MqttLink } from '@pinhole/mqtt';
import { Archive } from '@pinhole/outputs/archive';
import {
  type PicameraDevice as ChannelDevice,
  createPicameraChannels,
  IpcSocket,
  PICAMERA_CHANNELS,
} from '@pinhole/outputs/picamera';
import type { Snapshots } from '@pinhole/outputs/snapshot';
import { Speaker } from '@pinhole/outputs/speaker';
import { ChannelId } from '@pinhole/protocol/picamera';
import {
  PicameraDevice,
  presenceOf,
  type ServedViewer,
  type ViewerService,
} from '@pinhole/signaling/picamera';
import { ANONYMOUS_ID } from '../auth/access.ts';
import type { CameraRecordings } from '../recordings/recordings.ts';
import type { DeviceBroker } from './device-broker.ts';
import { addCounters, flatCounters } from './flat-counters.ts';
import type { PicameraConfig } from './picamera-fields.ts';

/** What {@link CameraDevice} is made with. */
export interface CameraDeviceOptions {
  readonly camera: Camera;
  readonly config: PicameraConfig;
  readonly broker: DeviceBroker;
  readonly sessions: ViewerSessions;
  readonly snapshots: Snapshots;
  readonly recorded: CameraRecordings | undefined;
  /** Path of the socket for local programs, absolute. */
  readonly socket: string;
  readonly now: () => Micros;
  readonly log: Logger;
}

/** The last one is of a generation that is not spoken here; a page that has it open gets no error for it. */
const CHANNELS: readonly NegotiatedChannel[] = [
  ...PICAMERA_CHANNELS,
  { id: 3, label: '_reliable', ordered: true },
];

/** Who may connect to the socket for local programs. */
const SOCKET_MODE = { user: 0o600, group: 0o660, everybody: 0o666 } as const;

/** What a device has of its own, and closes. */
interface Opened {
  readonly ipc: IpcSocket | undefined;
  /** Recordings of another program. */
  readonly archive: Archive | undefined;
}

/** One camera as pages with picamera.js have it: its topics on the broker, its channels, its socket. */
export class CameraDevice {
  readonly camera: string;
  readonly #options: CameraDeviceOptions;
  readonly #opened: Opened;
  readonly #speaker: Speaker | undefined;
  readonly #channels: ChannelDevice;
  readonly #link: MqttLink;
  readonly #device: PicameraDevice;

  private constructor(options: CameraDeviceOptions, opened: Opened) {
    const { camera, config, snapshots, recorded, now, log } = options;
    const { ipc, archive } = opened;
    this.camera = camera.id;
    this.#options = options;
    this.#opened = opened;
    this.#speaker =
      config.audio === 'off' || config.speaker === 'off' ? undefined : Speaker.open(config.speaker, { log });
    this.#channels = createPicameraChannels({
      camera,
      snapshots,
      ...(recorded && { archive: recorded.archive, recorder: recorded.recorder }),
      ...(archive && { foreignArchive: archive }),
      ...(ipc && { ipc }),
      wire: config.wire,
      now,
      log,
    });
    this.#link = this.#openLink();
    this.#device = this.#appear();
  }

  /** @throws {PinholeError} `ipc/*`, `speaker/*`, `mqtt/bad-url`; of recordings that cannot be read, what Node.js throws */
  static async open(options: CameraDeviceOptions): Promise<CameraDevice> {
    const { config, camera, socket, now, log } = options;
    const { ipc, recordings: root } = config;
    const archive =
      root === undefined ? undefined : await Archive.open({ camera: camera.id, root, now, log });
    let socketOpened: IpcSocket | undefined;
    try {
      if (ipc.enabled) {
        await mkdir(dirname(socket), { recursive: true, mode: 0o700 });
        const { framing, access } = ipc;
        socketOpened = await IpcSocket.open({ path: socket, framing, mode: SOCKET_MODE[access], log });
      }
      return new CameraDevice(options, { ipc: socketOpened, archive });
    } catch (error) {
      // The speaker and the link, too, may be refused.
      await Promise.all([socketOpened?.close(), archive?.close()]);
      throw error;
    }
  }

  /** What happened, by name. */
  get counters(): Readonly<Record<string, number>> {
    const sum = flatCounters(this.#channels.counters);
    addCounters(sum, flatCounters(this.#device.counters));
    if (this.#speaker) addCounters(sum, flatCounters({ speaker: this.#speaker.counters }));
    return sum;
  }

  /** Viewers now. */
  get viewers(): number {
    return this.#device.viewers;
  }

  tick(): void {
    this.#device.tick();
  }

  /** Never throws. */
  async close(): Promise<void> {
    this.#device.close();
    this.#channels.close();
    const { ipc, archive } = this.#opened;
    await Promise.all([this.#link.close(), ipc?.close(), archive?.close(), this.#speaker?.close()]);
  }

  #openLink(): MqttLink {
    const { broker, config } = this.#options;
    if (config.presence === 'off') return broker.link({});
    const { topic, offline, qos, retain } = presenceOf(config.uid);
    return broker.link({ will: { topic, payload: offline, qos, retain } });
  }

  #appear(): PicameraDevice {
    const { camera, config, sessions, now, log } = this.#options;
    const { uid, streamId, presence, viewers } = config;
    const device = new PicameraDevice({
      uid,
      ...(streamId !== undefined && { streamId }),
      camera,
      sessions,
      link: this.#link,
      identify: (clientId) => this.#identify(clientId),
      serve: (viewer) => this.#serve(viewer),
      presence,
      limits: { connections: viewers },
      now,
      log: log.child({ camera: camera.id }),
    });
    device.open();
    log.info({ camera: camera.id, uid }, 'the camera is a device for picamera.js');
    return device;
  }

  #identify(clientId: string): Identity | undefined {
    const { broker, camera, config } = this.#options;
    const stranger: Identity = { tokenId: ANONYMOUS_ID, address: `mqtt:${clientId}` };
    const who = broker.knowsViewers ? broker.viewerOf(clientId, camera.id) : stranger;
    return who && { ...who, rights: who.rights ?? config.rights };
  }

  #serve({ clientId, family, who }: ServedViewer): ViewerService {
    // A page's microphone is open before anybody asked for it, so to be heard takes the right to change something.
    const voice = who.rights?.some(isControl) ? this.#speaker?.voice() : undefined;
    let leave = (): void => {};
    const channels = this.#channels.open({
      name: clientId,
      who,
      rights: who.rights ?? [],
      family,
      leave: () => leave(),
    });
    return {
      peer: {
        channels: CHANNELS,
        onDataChannel: (channel, viewer) => {
          leave = () => viewer.leave();
          if (this.#isServed(channel.id)) channels.serve(channel);
        },
        ...(voice
          ? { audio: 'both', onAudio: (frame) => voice.write(frame) }
          : { audio: this.#options.config.audio === 'on' ? 'send' : 'off' }),
      },
      closed: () => {
        channels.close();
        voice?.end();
      },
    };
  }

  /** A channel for messages that is not wanted is there, and silent. */
  #isServed(id: number): boolean {
    const { channel } = this.#options.config.ipc;
    if (id === ChannelId.Lossy) return channel !== 'reliable';
    if (id === ChannelId.Reliable) return channel !== 'lossy';
    return true;
  }
}

const isControl = (right: Right): boolean => right === 'control' || right === 'admin';
