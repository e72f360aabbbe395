import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type LogFields, type Logger, type Micros, micros, PinholeError } from '@pinhole/core';
import type { ControlDescriptor, ControlValue, Right } from '@pinhole/engine';
import { Archive } from '@pinhole/outputs/archive';
import {
  createPicameraChannels,
  IpcSocket,
  type PicameraChannels,
  type PicameraChannelsOptions,
  type PicameraDevice,
} from '@pinhole/outputs/picamera';
import { onTestFinished } from 'vitest';
import { ScriptedSource, scriptedCamera } from './scripted-camera.ts';
import { ScriptedChannel, type ScriptedLink } from './scripted-channel.ts';

/** What a rig's camera can change. */
const RIG_CONTROLS: readonly ControlDescriptor[] = [
  {
    id: 'awb',
    label: 'White balance',
    applies: 'live',
    kind: 'menu',
    options: ['auto', 'daylight', 'cloudy'].map((value) => ({ value, label: value })),
    default: 'auto',
  },
  { id: 'ev', label: 'EV', applies: 'live', kind: 'range', min: -4, max: 4, step: 1, default: 0 },
];

/** A scripted camera that remembers what was set. */
export class ControlledSource extends ScriptedSource {
  readonly set: [string, ControlValue][] = [];

  override controls(): readonly ControlDescriptor[] {
    return RIG_CONTROLS;
  }

  override setControl(id: string, value: ControlValue = true): Promise<void> {
    this.set.push([id, value]);
    return Promise.resolve();
  }
}

/** One viewer with its channels. */
export interface RigViewer {
  readonly channels: PicameraChannels;
  readonly command: ScriptedChannel;
  readonly lossy: ScriptedChannel;
  readonly reliable: ScriptedChannel;
  /** How often it said that it leaves. */
  readonly left: () => number;
}

/** A device with channels without a network. */
export interface PicameraRig {
  readonly device: PicameraDevice;
  readonly source: ControlledSource;
  readonly archive: Archive;
  readonly root: string;
  readonly ipc: IpcSocket;
  /** What was warned of, or worse. */
  readonly warnings: readonly LogFields[];
  readonly enter: (options?: {
    readonly name?: string;
    readonly rights?: readonly Right[];
    readonly family?: 'sdp' | 'offer';
    readonly link?: ScriptedLink;
  }) => RigViewer;
}

const ALL_RIGHTS: readonly Right[] = ['view', 'control', 'record', 'download'];

/** What snapshots of a rig are: the quality after the mark of a JPEG. */
export const rigJpeg = (quality: number): Uint8Array => Uint8Array.of(0xff, 0xd8, quality, 0xff, 0xd9);

/** Opens a rig; it is closed after the test. */
export async function openPicameraRig(options: Partial<PicameraChannelsOptions> = {}): Promise<PicameraRig> {
  const folder = await mkdtemp(join(tmpdir(), 'picamera-'));
  const root = join(folder, 'door');
  const now = (): Micros => micros(Date.now() * 1000);
  const warnings: LogFields[] = [];
  const log = keepingLog(warnings);
  const source = new ControlledSource(now);
  const { camera } = scriptedCamera({ id: 'door', source, now });
  const archive = await Archive.open({ camera: 'door', root, now, log });
  const ipc = await IpcSocket.open({ path: join(folder, 'ipc.sock'), framing: 'framed', log });
  const device = createPicameraChannels({
    camera,
    snapshots: {
      take: (_stream, request) =>
        Promise.resolve({
          jpeg: rigJpeg(request?.quality ?? 80),
          captureTime: micros(0),
          width: 64,
          height: 48,
        }),
    },
    archive,
    ipc,
    now,
    log,
    ...options,
  });
  camera.acquire();
  source.frame({ key: true });
  const ticker = setInterval(() => camera.tick(), 20);
  onTestFinished(async () => {
    clearInterval(ticker);
    device.close();
    await ipc.close();
    await archive.close();
    await camera.close();
    await rm(folder, { recursive: true, force: true });
  });
  return {
    device,
    source,
    archive,
    root,
    ipc,
    warnings,
    enter: ({ name = 'ann', rights = ALL_RIGHTS, family, link = 'fast' } = {}) => {
      let left = 0;
      const channels = device.open({
        name,
        who: { tokenId: name, address: '192.0.2.1', rights },
        rights,
        ...(family && { family }),
        leave: () => left++,
      });
      const [command, lossy, reliable] = [0, 1, 2].map((id) => new ScriptedChannel(id, link));
      if (!command || !lossy || !reliable) throw new PinholeError('test/rig', 'three channels were made');
      for (const channel of [command, lossy, reliable]) channels.serve(channel);
      return { channels, command, lossy, reliable, left: () => left };
    },
  };
}

const keepingLog = (kept: LogFields[], bound: LogFields = {}): Logger => {
  const keep = (fields: LogFields, message: string): void => {
    kept.push({ ...bound, ...fields, message });
  };
  return {
    debug: () => {},
    info: () => {},
    warn: keep,
    error: keep,
    child: (fields) => keepingLog(kept, { ...bound, ...fields }),
  };
};
