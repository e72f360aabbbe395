import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { messageOf } from '@pinhole/core';

declare const brand: unique symbol;
/** Things that only the addon can make and read. */
export type FanoutHandle = { readonly [brand]: 'fan-out' };
export type FrameHandle = { readonly [brand]: 'frame' };
export type ViewerHandle = { readonly [brand]: 'viewer' };
export type SocketHandle = { readonly [brand]: 'socket' };
export type SlotReaderHandle = { readonly [brand]: 'slot reader' };
export type SlotWriterHandle = { readonly [brand]: 'slot writer' };

/** What a fan-out did for all its viewers, those that are closed included, since it was opened. */
export interface NativeFanoutCounters {
  readonly packetsSent: number;
  readonly systemCalls: number;
  /** Packets that the system did not take. */
  readonly packetsRefused: number;
  /** Packets that were dropped because too many waited for a viewer already. */
  readonly packetsOverflowed: number;
  /** Processor time of its threads, in microseconds; 0 where the system does not tell. */
  readonly cpuMicros: number;
}

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

/** What a reader of a slot did since it was opened. */
export interface SlotReaderCounters {
  readonly frames: number;
  /** Looks at a slot that somebody else had locked. */
  readonly busy: number;
  /** Frames that claimed more than the slot or the object holds. */
  readonly truncated: number;
  /** Frames that nobody took in time. */
  readonly dropped: number;
  /** Processor time of the reading thread, in microseconds; brought up to date a few times a second. */
  readonly cpuMicros: number;
}

/** Version, bytes of the header, offset of the data, capacity, bytes of `used`, kind of real, and five offsets or flags. */
export type SlotLayoutArguments = readonly [
  version: number,
  headerBytes: number,
  dataOffset: number,
  capacityBytes: number,
  usedBytes: number,
  realKind: number,
  lastClientOffset: number,
  keyOffset: number,
  keyRequestedOffset: number,
  clock: 0 | 1 | 2,
];

/** A frame; or, alone, the number of why nothing follows. */
export type SlotListener = (
  header: Uint8Array | number,
  data?: Uint8Array,
  writerSeconds?: number,
  seconds?: number,
) => void;

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
  openSocket(descriptor: number): SocketHandle;
  closeSocket(socket: SocketHandle): void;
  openViewer(
    socket: SocketHandle,
    address: string,
    port: number,
    profile: number,
    masterKey: Uint8Array,
    masterSalt: Uint8Array,
    ssrc: number,
    payloadType: number,
  ): ViewerHandle;
  /**
   * Takes `count` runs: the numbers of each as {@link RUN_WORD} has them, and {@link MAX_EXTENSION_BYTES} for each one's
   * extension. What has no meaning is passed over.
   */
  post(fanout: FanoutHandle, runs: Float64Array, extensions: Uint8Array, count: number): void;
  viewerNumber(viewer: ViewerHandle): number;
  frameNumber(frame: FrameHandle): number;
  /** 32 bits: the packets that wait for a viewer. Who posts adds to it. */
  shownPackets(viewer: ViewerHandle): ArrayBuffer;
  fanoutCounters(fanout: FanoutHandle): NativeFanoutCounters;
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

  peekSlot(name: string): { readonly prefix: Uint8Array; readonly size: number };
  openSlotReader(
    name: string,
    ...rest: [...layout: SlotLayoutArguments, pollMicros: number, listener: SlotListener]
  ): SlotReaderHandle;
  requestSlotKey(reader: SlotReaderHandle): void;
  slotCounters(reader: SlotReaderHandle): SlotReaderCounters;
  closeSlotReader(reader: SlotReaderHandle): void;
  openSlotWriter(
    name: string,
    ...rest: [...layout: SlotLayoutArguments, mode: number, size: number]
  ): SlotWriterHandle;
  /** 0: somebody has the lock; 1: done; 2: somebody else wrote since. */
  publishToSlot(writer: SlotWriterHandle, header: Uint8Array, data: Uint8Array): 0 | 1 | 2;
  isSlotCurrent(writer: SlotWriterHandle): boolean;
  slotReaders(writer: SlotWriterHandle): {
    readonly secondsSince: number;
    readonly wantsKey: boolean;
    readonly foreign: boolean;
  };
  unlinkSlot(writer: SlotWriterHandle): void;
  clockNow(raw: boolean): number;
}

/** The addon, or why there is none. */
export type LoadedAddon = { readonly addon: Addon } | { readonly missing: string };

const FILES = [
  `../prebuilds/${process.platform}-${process.arch}/pinhole.node`,
  '../build/Release/pinhole.node',
];

let loaded: LoadedAddon | undefined;

/** Loads the addon, once a process. `PINHOLE_NATIVE=off` leaves it out, a path in its place loads that file. */
export function loadAddon(): LoadedAddon {
  loaded ??= load();
  return loaded;
}

function load(): LoadedAddon {
  const wish = process.env['PINHOLE_NATIVE'] ?? '';
  if (wish === 'off') return { missing: 'PINHOLE_NATIVE=off' };
  const files = wish === '' ? FILES.map((name) => fileURLToPath(new URL(name, import.meta.url))) : [wish];
  const file = files.find((path) => existsSync(path));
  if (file === undefined) {
    return {
      missing:
        wish === ''
          ? 'it is not built: npm rebuild @pinhole/native says why (on Debian it needs apt-get install g++ make python3)'
          : `PINHOLE_NATIVE names ${wish}, and there is no such file`,
    };
  }
  try {
    return { addon: createRequire(import.meta.url)(file) as Addon };
  } catch (error) {
    return { missing: messageOf(error) };
  }
}
