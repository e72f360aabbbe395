import { readdir, readlink } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { messageOf, PinholeError } from '@pinhole/core';
import type { V4l2Access } from './v4l2-access.ts';
import { v4l2Ctl } from './v4l2-ctl.ts';
import { isCamera, type V4l2Device } from './v4l2-device.ts';

const MOST_NODES = 64;

/** A camera that is there, or a node that could not be asked. */
export interface ListedV4l2Device extends V4l2Device {
  /** A path that stays the same whatever is plugged in beside it, where there is one: write this into a configuration. */
  readonly stablePath: string | undefined;
}

/** What is connected. */
export interface V4l2Listing {
  readonly devices: readonly ListedV4l2Device[];
  /** Nodes that could not be asked, with the reason. */
  readonly faults: readonly { readonly path: string; readonly code: string; readonly why: string }[];
}

/**
 * Lists the cameras and capture devices with their modes and controls. Nodes that give no pictures (a camera's metadata,
 * codecs, outputs) are left out: that is why it asks each node rather than trust `v4l2-ctl --list-devices`, which names
 * them all alike.
 * @throws {V4l2Error} `source/no-program` when there are nodes and nothing to ask them with
 */
export async function listV4l2Devices(
  options: { readonly access?: V4l2Access; readonly folder?: string } = {},
): Promise<V4l2Listing> {
  const { access = v4l2Ctl, folder = '/dev' } = options;
  const names = (await readdir(folder).catch(() => [])).filter((name) => /^video\d{1,5}$/.test(name));
  names.sort((a, b) => Number(a.slice(5)) - Number(b.slice(5)));
  const stable = await stablePaths(folder);
  const devices: ListedV4l2Device[] = [];
  const faults: { readonly path: string; readonly code: string; readonly why: string }[] = [];
  for (const name of names.slice(0, MOST_NODES)) {
    const path = join(folder, name);
    try {
      const device = await access.inspect(path);
      if (isCamera(device)) devices.push({ ...device, stablePath: stable.get(path) });
    } catch (thrown) {
      const code = thrown instanceof PinholeError ? thrown.code : 'source/failed';
      if (code === 'source/no-program') throw thrown;
      faults.push({ path, code, why: messageOf(thrown) });
    }
  }
  return { devices, faults };
}

/** Node → path by identity, else by where it is plugged in. */
async function stablePaths(folder: string): Promise<ReadonlyMap<string, string>> {
  const found = new Map<string, string>();
  for (const kind of ['by-path', 'by-id']) {
    const links = join(folder, 'v4l', kind);
    for (const name of await readdir(links).catch(() => [])) {
      const target = await readlink(join(links, name)).catch(() => undefined);
      if (target !== undefined) found.set(resolve(links, target), join(links, name));
    }
  }
  return found;
}
