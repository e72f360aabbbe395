import { silentLogger } from '@pinhole/core';
import { askedDevice } from '../devices/asked-device.ts';
import { deviceText } from '../devices/device-text.ts';
import { localDevices } from '../devices/local-devices.ts';

/** What of cameras is printed, and how. */
export interface DevicesRequest {
  /** Addresses of cameras to ask; none: what is connected to this machine. */
  readonly sources: readonly string[];
  readonly format: 'text' | 'json';
}

/**
 * Prints cameras with their modes and controls.
 * @returns the exit code: 1 when one that was asked for did not answer.
 */
export async function printDevices(
  { sources, format }: DevicesRequest,
  print: (text: string) => void,
): Promise<number> {
  const { devices, problems } =
    sources.length === 0
      ? await localDevices()
      : {
          devices: await Promise.all(sources.map((source) => askedDevice(source, silentLogger))),
          problems: [],
        };
  if (format === 'json') print(`${JSON.stringify({ devices, problems }, undefined, 2)}\n`);
  else {
    for (const device of devices) print(`${deviceText(device)}\n\n`);
    for (const problem of problems) print(`${problem}\n`);
    if (devices.length === 0) print(NOTHING);
  }
  return devices.some(({ problem }) => problem !== undefined) ? 1 : 0;
}

const NOTHING = `No camera is connected to this machine. One on the network is asked by its address:
  pinhole devices esp32:192.168.1.40
  pinhole devices rtsp://user:password@192.168.1.20/stream1
`;
