import { messageOf } from '@pinhole/core';
import { listRpicamDevices } from '@pinhole/sources/rpicam';
import { listSlots } from '@pinhole/sources/ustreamer';
import { deviceControls, listV4l2Devices, type V4l2Size } from '@pinhole/sources/v4l2';
import type { CameraDevice } from './camera-device.ts';

/** The cameras that are connected to this machine, and those that µStreamer shows on it. What cannot be asked is told in `problems`. */
export async function localDevices(): Promise<{
  readonly devices: readonly CameraDevice[];
  readonly problems: readonly string[];
}> {
  const listings = await Promise.allSettled([ribbonCameras(), v4l2Cameras(), slots()]);
  const found = listings.map((listing) =>
    listing.status === 'fulfilled' ? listing.value : { devices: [], problems: [messageOf(listing.reason)] },
  );
  return {
    devices: found.flatMap(({ devices }) => devices),
    problems: found.flatMap(({ problems }) => problems),
  };
}

interface Found {
  readonly devices: readonly CameraDevice[];
  readonly problems: readonly string[];
}

async function ribbonCameras(): Promise<Found> {
  const cameras = await listRpicamDevices();
  const devices = cameras.map(({ address, model, program, modes, controls }) => ({
    address,
    label: `${model}, by ${program}`,
    modes: modes.map(({ width, height, framesPerSecond }) => ({
      size: `${width}x${height}`,
      rates: framesPerSecond === undefined ? [] : [framesPerSecond],
    })),
    controls,
  }));
  return { devices, problems: [] };
}

async function v4l2Cameras(): Promise<Found> {
  const { devices, faults } = await listV4l2Devices();
  return {
    devices: devices.map(({ path, stablePath, card, formats, controls }) => ({
      address: `v4l2:${stablePath ?? path}`,
      label: stablePath === undefined ? card : `${card}, now at ${path}`,
      modes: formats.flatMap(({ fourcc, sizes }) =>
        sizes.map((size) => ({ format: fourcc, size: sizeInWords(size), rates: size.rates })),
      ),
      controls: [...deviceControls(controls).values()].map(({ descriptor }) => descriptor),
    })),
    problems: faults.map(({ path, why }) => `${path}: ${why}`),
  };
}

async function slots(): Promise<Found> {
  const { slots: listed, faults } = await listSlots();
  return {
    devices: listed.map(({ name, layout }) => ({
      address: `ustreamer:${name}`,
      label: `slot of µStreamer, version ${layout.version}`,
      modes: [],
      controls: [],
    })),
    problems: faults.map(({ name, why }) => `ustreamer:${name}: ${why}`),
  };
}

const sizeInWords = ({ width, height, upTo }: V4l2Size): string =>
  upTo === undefined ? `${width}x${height}` : `${width}x${height} to ${upTo.width}x${upTo.height}`;
