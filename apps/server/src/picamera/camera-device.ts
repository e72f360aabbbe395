import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Logger, Micros } from '@pinhole/core';
import type { Camera, Identity, NegotiatedChannel, ViewerSessions } from '@pinhole/engine';
import type { MqttLink } from '@pinhole/mqtt';
import {
  type PicameraDevice as ChannelDevice,
  createPicameraChannels,
  IpcSocket,
  PICAMERA_CHANNELS,
} from '@pinhole/outputs/picamera';
import type { Snapshots } from '@pinhole/outputs/snapshot';
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
  readonly brokers: readonly DeviceBroker[];
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

/** One camera as pages with picamera.js have it: on each broker a device, and one set of channels for all of them. */
export class CameraDevice {
  readonly camera: string;
  readonly #options: CameraDeviceOptions;
  readonly #ipc: IpcSocket | undefined;
  readonly #channels: ChannelDevice;
  readonly #ends: readonly { readonly device: PicameraDevice; readonly link: MqttLink }[];

  private constructor(options: CameraDeviceOptions, ipc: IpcSocket | undefined) {
    const { camera, snapshots, recorded, now, log, brokers } = options;
    this.camera = camera.id;
    this.#options = options;
    this.#ipc = ipc;
    this.#channels = createPicameraChannels({
      camera,
      snapshots,
      ...(recorded && { archive: recorded.archive, recorder: recorded.recorder }),
      ...(ipc && { ipc }),
      now,
      log,
    });
    this.#ends = brokers.map((broker) => this.#appear(broker));
  }

  /** @throws {PinholeError} `ipc/*` */
  static async open(options: CameraDeviceOptions): Promise<CameraDevice> {
    const { config, socket, log } = options;
    if (!config.ipc.enabled) return new CameraDevice(options, undefined);
    await mkdir(dirname(socket), { recursive: true, mode: 0o700 });
    const ipc = await IpcSocket.open({ path: socket, framing: config.ipc.framing, log });
    return new CameraDevice(options, ipc);
  }

  /** What happened, by name. */
  get counters(): Readonly<Record<string, number>> {
    const sum = flatCounters(this.#channels.counters);
    for (const { device } of this.#ends) addCounters(sum, flatCounters(device.counters));
    return sum;
  }

  /** Viewers now. */
  get viewers(): number {
    return this.#ends.reduce((sum, { device }) => sum + device.viewers, 0);
  }

  tick(): void {
    for (const { device } of this.#ends) device.tick();
  }

  /** Never throws. */
  async close(): Promise<void> {
    for (const { device } of this.#ends) device.close();
    this.#channels.close();
    await Promise.all([...this.#ends.map(({ link }) => link.close()), this.#ipc?.close()]);
  }

  #appear(broker: DeviceBroker): { readonly device: PicameraDevice; readonly link: MqttLink } {
    const { camera, config, sessions, now, log } = this.#options;
    const { uid, streamId, presence, viewers } = config;
    const { topic, offline, qos, retain } = presenceOf(uid);
    const link = broker.openLink({
      name: uid,
      ...(presence === 'retained' && { will: { topic, payload: offline, qos, retain } }),
    });
    const device = new PicameraDevice({
      uid,
      ...(streamId !== undefined && { streamId }),
      camera,
      sessions,
      link,
      identify: (clientId) =>
        broker.identify ? broker.identify(clientId, camera.id) : this.#stranger(clientId),
      serve: (viewer) => this.#serve(viewer),
      presence,
      limits: { connections: viewers },
      now,
      log: log.child({ camera: camera.id }),
    });
    device.open();
    log.info({ camera: camera.id, uid }, 'a device for picamera.js is there');
    return { device, link };
  }

  /** Whoever the other broker let in. */
  #stranger(clientId: string): Identity {
    return { tokenId: ANONYMOUS_ID, address: `mqtt/${clientId}`, rights: this.#options.config.rights };
  }

  #serve({ clientId, family, who }: ServedViewer): ViewerService {
    const { audio } = this.#options.config;
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
        audio: audio === 'on' ? 'send' : 'off',
      },
      closed: () => channels.close(),
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
