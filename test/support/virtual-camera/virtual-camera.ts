import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import { thirdParty } from '../third-parties.ts';
import { type PictureMaker, pictureMaker } from './picture-maker.ts';

/** A format, size and rate that the camera has. */
export interface VirtualMode {
  readonly fourcc: 'MJPG' | 'YUYV' | 'H264';
  readonly width: number;
  readonly height: number;
  readonly framesPerSecond: number;
}

/** What the camera is. */
export interface VirtualCameraOptions {
  readonly card?: string;
  readonly modes: readonly VirtualMode[];
  /** So long each picture takes from the sensor to the driver. Default none. */
  readonly holdMs?: number;
}

/** A camera for the real `v4l2-ctl`, in a folder of its own. */
export interface VirtualCamera {
  /** The device's path. */
  readonly path: string;
  /** The same, by identity. */
  readonly byId: string;
  readonly folder: string;
  /** Environment for whoever is to see the camera. */
  readonly env: Readonly<Record<string, string>>;
  /** Captures that were started, as the driver saw them: `MJPG 640 360 30`. */
  readonly captures: readonly string[];
  /** Pictures sent so far. */
  readonly sent: () => number;
  /** The value that the driver holds for a control, by its place in the list below. */
  value(index: number): number | undefined;
  unplug(): void;
  /** Back again, under this name. */
  plugIn(name?: string): void;
  /** No picture comes any more, though the device is there. */
  hang(): void;
  /** Every picture from now on is changed so on its way. */
  spoil(change: ((picture: Uint8Array, number: number) => Uint8Array) | undefined): void;
  close(): Promise<void>;
}

const CAPTURE_AND_STREAMING = '04200001';
const MENU = 3;
const RESET_ON_UNPLUG = 'state';

/** Name, id, type (1 int, 2 bool, 3 menu, 6 heading), min, max, step, default, flags, held by (place), held while. */
const CONTROLS = [
  'User_Controls 980001 6 0 0 0 0 44 -1 0',
  'Brightness 980900 1 0 255 1 128 0 -1 0',
  'White_Balance,_Automatic 98090c 2 0 1 1 1 0 -1 0',
  'White_Balance_Temperature 98091a 1 2000 6500 1 4000 0 2 1',
  'Camera_Controls 9a0001 6 0 0 0 0 44 -1 0',
  `Auto_Exposure 9a0901 ${MENU} 0 3 1 3 0 -1 0`,
  'Exposure_Time,_Absolute 9a0902 1 3 2047 1 250 0 5 3',
];
const OPTIONS = ['9a0901 1 Manual Mode', '9a0901 3 Aperture Priority Mode'];

let library: string | undefined;

/** Compiles the camera once a process. */
function compiled(): string {
  if (library !== undefined) return library;
  const folder = mkdtempSync(join(tmpdir(), 'pinhole-virtual-camera-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  const made = join(folder, 'virtual-camera.so');
  const flags = ['-shared', '-fPIC', '-O1', '-Wno-format-truncation', '-o', made];
  execFileSync(thirdParty('gcc') ?? 'gcc', [
    ...flags,
    resolve(import.meta.dirname, 'virtual-camera.c'),
    '-ldl',
  ]);
  library = made;
  return made;
}

/** Plugs in a camera that draws a time code at a real pace. */
export async function openVirtualCamera(options: VirtualCameraOptions): Promise<VirtualCamera> {
  const folder = mkdtempSync(join(tmpdir(), 'pinhole-v4l2-'));
  const programs = join(folder, 'bin');
  const links = join(folder, 'v4l', 'by-id');
  mkdirSync(programs);
  const { card = 'Virtual USB camera', modes, holdMs = 0 } = options;
  const conf = [
    'driver uvcvideo',
    `card ${card}`,
    'bus usb-0000:00:14.0-1',
    `capabilities ${CAPTURE_AND_STREAMING}`,
    ...modes.map(
      ({ fourcc, width, height, framesPerSecond }) => `mode ${fourcc} ${width} ${height} ${framesPerSecond}`,
    ),
    ...CONTROLS.map((line) => `control ${line}`),
    ...OPTIONS.map((line) => `option ${line}`),
  ].join('\n');
  // `stdbuf` works by LD_PRELOAD too, so the camera is put beside what is there.
  const wrapper = join(programs, 'v4l2-ctl');
  writeFileSync(
    wrapper,
    `#!/bin/sh\nLD_PRELOAD="${compiled()}\${LD_PRELOAD:+:$LD_PRELOAD}" PINHOLE_VIRTUAL_CAMERA=${folder} exec ${thirdParty('v4l2-ctl')} "$@"\n`,
  );
  chmodSync(wrapper, 0o755);
  writeFileSync(join(folder, 'uevent'), 'DEVNAME=video0\n');

  const captures: string[] = [];
  const sockets = new Set<Socket>();
  let sent = 0;
  let hanging = false;
  let name = 'video0';
  let server: Server | undefined;
  let change: ((picture: Uint8Array, number: number) => Uint8Array) | undefined;

  function serve(socket: Socket): void {
    sockets.add(socket);
    let maker: PictureMaker | undefined;
    socket.on('error', () => {}); // the program was ended
    socket.on('close', () => {
      sockets.delete(socket);
      maker?.stop();
    });
    socket.once('data', (order) => {
      const line = order.toString().trim();
      captures.push(line);
      const [fourcc = '', width, height, rate] = line.split(' ');
      maker = pictureMaker(
        {
          fourcc: fourcc as VirtualMode['fourcc'],
          width: Number(width),
          height: Number(height),
          framesPerSecond: Number(rate),
        },
        (picture, monotonicMicros) => {
          if (hanging || socket.destroyed) return;
          const data = change?.(picture, sent) ?? picture;
          const head = Buffer.alloc(12);
          head.writeUInt32LE(data.byteLength, 0);
          head.writeBigInt64LE(monotonicMicros, 4);
          const send = (): void => void (socket.destroyed || socket.write(Buffer.concat([head, data])));
          if (holdMs > 0) setTimeout(send, holdMs);
          else send();
          sent++;
        },
      );
    });
  }

  async function plug(): Promise<void> {
    mkdirSync(links, { recursive: true });
    writeFileSync(join(folder, `${name}.conf`), conf);
    server = createServer(serve);
    await new Promise<void>((done) => server?.listen(join(folder, `${name}.sock`), done));
    writeFileSync(join(folder, name), '');
    execFileSync('ln', ['-sfn', `../../${name}`, join(links, 'usb-Virtual_USB_camera-video-index0')]);
  }

  function unplug(): void {
    for (const gone of [name, `${name}.conf`, `${name}.${RESET_ON_UNPLUG}`])
      rmSync(join(folder, gone), { force: true });
    rmSync(join(folder, 'v4l'), { recursive: true, force: true });
    for (const socket of sockets) socket.destroy();
    server?.close();
  }

  await plug();
  return {
    path: join(folder, 'video0'),
    byId: join(links, 'usb-Virtual_USB_camera-video-index0'),
    folder,
    env: { PATH: `${programs}${delimiter}${process.env['PATH'] ?? ''}` },
    captures,
    sent: () => sent,
    value: (index) => {
      try {
        const state = readFileSync(join(folder, `${name}.${RESET_ON_UNPLUG}`));
        return state.readInt32LE(8 * index) === 1 ? state.readInt32LE(8 * index + 4) : undefined;
      } catch {
        return undefined; // nothing was set yet
      }
    },
    unplug,
    plugIn: (as = name) => {
      name = as;
      hanging = false;
      void plug();
    },
    hang: () => {
      hanging = true;
    },
    spoil: (by) => {
      change = by;
    },
    close: async () => {
      unplug();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
