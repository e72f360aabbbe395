import { join } from 'node:path';
import type { Logger, Micros } from '@pinhole/core';
import type { Camera, ViewerSessions } from '@pinhole/engine';
import type { Snapshots } from '@pinhole/outputs/snapshot';
import type { CameraRecordings } from '../recordings/recordings.ts';
import { CameraDevice } from './camera-device.ts';
import type { DeviceBroker } from './device-broker.ts';
import { addCounters } from './flat-counters.ts';
import type { PicameraConfig } from './picamera-fields.ts';

/** A camera that may be a device for picamera.js. */
export interface PicameraCamera {
  readonly camera: Camera;
  readonly config: PicameraConfig | undefined;
}

/** What {@link PicameraService} works with. */
export interface PicameraServiceOptions {
  readonly cameras: readonly PicameraCamera[];
  readonly broker: DeviceBroker;
  readonly sessions: ViewerSessions;
  readonly snapshots: Snapshots;
  readonly recordings: { of(camera: string): CameraRecordings | undefined };
  /** Where sockets for local programs lie unless something else is said, absolute. */
  readonly socketFolder: string;
  readonly now: () => Micros;
  readonly log: Logger;
}

/** All cameras of this server that pages with picamera.js can watch, by their broker. */
export class PicameraService {
  readonly #devices: readonly CameraDevice[];

  private constructor(devices: readonly CameraDevice[]) {
    this.#devices = devices;
  }

  /**
   * Puts all of them on the broker.
   * @throws {PinholeError} `ipc/*` where a socket for local programs cannot be made, `mqtt/bad-url`
   */
  static async open(options: PicameraServiceOptions): Promise<PicameraService> {
    const { cameras, broker, socketFolder, recordings, log } = options;
    const devices: CameraDevice[] = [];
    try {
      for (const { camera, config } of cameras) {
        if (!config) continue;
        if (!broker.available) {
          log.warn(
            { camera: camera.id, uid: config.uid },
            'nobody finds this device: mqtt.broker is off, and no mqtt.url is given',
          );
          continue;
        }
        const socket = config.ipc.socket ?? join(socketFolder, `${camera.id}.sock`);
        devices.push(
          await CameraDevice.open({ ...options, camera, config, socket, recorded: recordings.of(camera.id) }),
        );
      }
    } catch (error) {
      await Promise.all(devices.map((device) => device.close()));
      throw error;
    }
    return new PicameraService(devices);
  }

  /** How many there are. */
  get devices(): number {
    return this.#devices.length;
  }

  /** What happened at all devices together, by name. */
  get counters(): Readonly<Record<string, number>> {
    const sum: Record<string, number> = {};
    for (const { counters } of this.#devices) addCounters(sum, counters);
    return sum;
  }

  /** Viewers now, by camera. */
  get viewers(): readonly { readonly camera: string; readonly viewers: number }[] {
    return this.#devices.map(({ camera, viewers }) => ({ camera, viewers }));
  }

  /** Does what has come due. Called a few times a second. */
  tick(): void {
    for (const device of this.#devices) device.tick();
  }

  /** Sends viewers away, says goodbye to the broker. May be called again; never throws. */
  async close(): Promise<void> {
    await Promise.all(this.#devices.map((device) => device.close()));
  }
}
