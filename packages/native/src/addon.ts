import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { messageOf } from '@pinhole/core';

declare const brand: unique symbol;
/** Things that only the addon can make and read. */
export type FanoutHandle = { readonly [brand]: 'fan-out' };
export type FrameHandle = { readonly [brand]: 'frame' };
export type ViewerHandle = { readonly [brand]: 'viewer' };

/** What was sent to one viewer, and what was not; since it was opened. */
export interface NativeViewerCounters {
  readonly packetsSent: number;
  /** Headers and tags included. */
  readonly bytesSent: number;
  readonly systemCalls: number;
  /** Packets that the system had no room for. */
  readonly packetsRefused: number;
  /** Packets that were dropped because too many waited already. */
  readonly packetsOverflowed: number;
  /** Packets that failed for another reason. */
  readonly packetsFailed: number;
  /** The system's number for the last failure or refusal; 0 when there was none. */
  readonly lastError: number;
}

/**
 * The addon's own functions. All throw a TypeError that names the argument when one is wrong; none can be made to crash
 * the process.
 */
export interface Addon {
  openFanout(
    threads: number,
    segments: boolean,
    burstPackets: number,
    spreadMicros: number,
    queuedPackets: number,
  ): FanoutHandle;
  openFrame(payloads: readonly Uint8Array[]): FrameHandle;
  openViewer(
    descriptor: number,
    address: string,
    port: number,
    profile: number,
    masterKey: Uint8Array,
    masterSalt: Uint8Array,
    ssrc: number,
    payloadType: number,
  ): ViewerHandle;
  send(
    fanout: FanoutHandle,
    viewer: ViewerHandle,
    frame: FrameHandle,
    firstIndex: number,
    timestamp: number,
    extension: Uint8Array,
    transportOffset: number,
    transportFirst: number,
    from: number,
    until: number,
  ): boolean;
  /** One packet with given session keys, as a sending thread does it: for test vectors. */
  protect(
    profile: number,
    encryptionKey: Uint8Array,
    salt: Uint8Array,
    authenticationKey: Uint8Array,
    packet: Uint8Array,
    headerBytes: number,
    index: number,
    ssrc: number,
  ): Uint8Array;
  closeViewer(fanout: FanoutHandle, viewer: ViewerHandle): void;
  viewerCounters(viewer: ViewerHandle): NativeViewerCounters;
  isIdle(fanout: FanoutHandle): boolean;
  sendMode(fanout: FanoutHandle): number;
  closeFanout(fanout: FanoutHandle): void;
}

/** The addon, or why there is none. */
export type LoadedAddon = { readonly addon: Addon } | { readonly missing: string };

const FILES = [
  `../prebuilds/${process.platform}-${process.arch}/pinhole.node`,
  '../build/Release/pinhole.node',
];

let loaded: LoadedAddon | undefined;

/** Loads the addon, once a process. `PINHOLE_NATIVE=off` leaves it out. */
export function loadAddon(): LoadedAddon {
  loaded ??= load();
  return loaded;
}

function load(): LoadedAddon {
  if (process.env['PINHOLE_NATIVE'] === 'off') return { missing: 'PINHOLE_NATIVE=off' };
  const file = FILES.map((name) => new URL(name, import.meta.url)).find((url) => existsSync(url));
  if (!file) return { missing: `not built: npm rebuild @pinhole/native says why` };
  try {
    return { addon: createRequire(import.meta.url)(file.pathname) as Addon };
  } catch (error) {
    return { missing: messageOf(error) };
  }
}
