import type {
  Addon,
  FanoutHandle,
  FrameHandle,
  NativeFanoutCounters,
  NativeViewerCounters,
  SocketHandle,
  ViewerHandle,
} from './addon.ts';
import { checked, requireAddon } from './checked.ts';

/** How a fan-out sends. */
export interface NativeFanoutOptions {
  /** Threads that encrypt and send; 1 unless told. */
  readonly threads?: number;
  /** `off`: one datagram a packet, where the system could take many at once. For measurements. */
  readonly segments?: 'off' | 'on';
  /** Packets of one access unit that go out at once; a larger one is spread. 64 unless told. */
  readonly burstPackets?: number;
  /** Over how long a larger one is spread, in microseconds; 8000 unless told: a quarter of a frame at 30 a second. */
  readonly spreadMicros?: number;
  /** Packets that may wait for one viewer; an access unit that does not fit is dropped whole. 2048 unless told. */
  readonly queuedPackets?: number;
}

/** Where a viewer is, and how its packets are encrypted. */
export interface NativeViewerOptions {
  /** What it goes out of; several viewers may share it, e.g. the picture and the sound of one. */
  readonly socket: NativeSocket;
  /** IP address of the viewer, of the socket's family. */
  readonly address: string;
  readonly port: number;
  readonly keys: {
    /** 1: AES128_CM_HMAC_SHA1_80, 7: AEAD_AES_128_GCM (RFC 5764 §4.1.2, RFC 7714 §14.2). */
    readonly profile: number;
    /** 16 bytes. */
    readonly masterKey: Uint8Array;
    /** 14 bytes, 12 with GCM. */
    readonly masterSalt: Uint8Array;
  };
  readonly ssrc: number;
  readonly payloadType: number;
}

/** The packets of one access unit for one viewer. */
export interface NativeRun {
  /** Not to be changed any more. The same array for all viewers: it is taken over into native memory once. */
  readonly payloads: readonly Uint8Array[];
  /** Index of the first packet: 65536 × rollover counter + sequence number (RFC 3711 §3.3.1). */
  readonly firstIndex: number;
  readonly timestamp: number;
  /** The header extension with its own header, whole 32-bit words, 64 bytes at most; empty when there is none. */
  readonly extension: Uint8Array;
  /** Where in `extension` the transport-wide sequence number of each packet goes, and that of the first packet. */
  readonly transportSequence?: { readonly offset: number; readonly first: number };
  /** Which packet carries the marker; the last one unless told. */
  readonly marker?: 'last' | 'none';
}

const SEND_MODES = ['segments', 'many', 'one'] as const;

/**
 * Sends the packets of one stream to many viewers: headers, encryption and system calls happen on a thread of its own.
 *
 * @see RFC 3711, RFC 7714 (SRTP); Linux udp(7), UDP_SEGMENT
 */
export class NativeFanout {
  readonly #addon: Addon;
  readonly #fanout: FanoutHandle;
  readonly #frames = new WeakMap<readonly Uint8Array[], FrameHandle>();
  readonly #flush: () => void;
  #flushes = false;
  #closed = false;

  private constructor(addon: Addon, fanout: FanoutHandle) {
    this.#addon = addon;
    this.#fanout = fanout;
    this.#flush = () => {
      this.#flushes = false;
      addon.flush(fanout);
    };
  }

  /** @throws {PinholeError} `native/missing` (the message says why), `native/argument` */
  static open(options: NativeFanoutOptions = {}): NativeFanout {
    const {
      threads = 1,
      segments = 'on',
      burstPackets = 64,
      spreadMicros = 8000,
      queuedPackets = 2048,
    } = options;
    const addon = requireAddon();
    return new NativeFanout(
      addon,
      checked(() => addon.openFanout(threads, segments === 'on', burstPackets, spreadMicros, queuedPackets)),
    );
  }

  /** How packets are handed to the system: many in one datagram that it cuts, many datagrams a call, or one by one. */
  get sendMode(): (typeof SEND_MODES)[number] {
    return SEND_MODES[this.#addon.sendMode(this.#fanout)] ?? 'one';
  }

  /** Whether nothing waits. */
  get idle(): boolean {
    return this.#addon.isIdle(this.#fanout);
  }

  get counters(): NativeFanoutCounters {
    return this.#addon.fanoutCounters(this.#fanout);
  }

  /**
   * Takes a bound UDP socket by its file descriptor, which may be closed at any time: it keeps one of its own.
   * @throws {PinholeError} `native/argument`, `native/failed` (it is none, or no file descriptor is left)
   */
  openSocket(descriptor: number): NativeSocket {
    return new NativeSocket(
      this.#addon,
      checked(() => this.#addon.openSocket(descriptor)),
    );
  }

  /** @throws {PinholeError} `native/argument`, `native/failed` (the cipher is not there) */
  openViewer({ socket, address, port, keys, ssrc, payloadType }: NativeViewerOptions): NativeViewer {
    const { profile, masterKey, masterSalt } = keys;
    const open = (): ViewerHandle =>
      this.#addon.openViewer(socket.handle, address, port, profile, masterKey, masterSalt, ssrc, payloadType);
    return new NativeViewer(this, this.#addon, checked(open));
  }

  /** Ends the threads; what waits is forgotten. May be called again. */
  close(): void {
    this.#closed = true;
    this.#addon.closeFanout(this.#fanout);
  }

  /** @internal @throws {PinholeError} `native/argument` */
  send(viewer: ViewerHandle, run: NativeRun, [from, until]: readonly [number, number]): number {
    if (this.#closed) return 0;
    const sentBytes = checked(() =>
      this.#addon.send(
        this.#fanout,
        viewer,
        this.#frameOf(run.payloads),
        run.firstIndex,
        run.timestamp,
        run.extension,
        run.transportSequence?.offset ?? -1,
        run.transportSequence?.first ?? 0,
        from,
        until,
        run.marker !== 'none',
      ),
    );
    // All that is sent in one turn, a frame to all its viewers, wakes the threads once.
    if (!this.#flushes) {
      this.#flushes = true;
      queueMicrotask(this.#flush);
    }
    return sentBytes;
  }

  /** @internal */
  closeViewer(viewer: ViewerHandle): void {
    this.#addon.closeViewer(this.#fanout, viewer);
  }

  #frameOf(payloads: readonly Uint8Array[]): FrameHandle {
    const known = this.#frames.get(payloads);
    if (known) return known;
    const frame = this.#addon.openFrame(payloads);
    this.#frames.set(payloads, frame);
    return frame;
  }
}

/** A socket that viewers' packets go out of. */
export class NativeSocket {
  readonly #addon: Addon;
  /** @internal */
  readonly handle: SocketHandle;

  /** @internal */
  constructor(addon: Addon, handle: SocketHandle) {
    this.#addon = addon;
    this.handle = handle;
  }

  /** No viewer can be opened with it any more; those that are open keep it until they close. May be called again. */
  close(): void {
    this.#addon.closeSocket(this.handle);
  }
}

/** One viewer's way out of a {@link NativeFanout}. */
export class NativeViewer {
  readonly #fanout: NativeFanout;
  readonly #addon: Addon;
  readonly #viewer: ViewerHandle;
  #closed = false;

  /** @internal */
  constructor(fanout: NativeFanout, addon: Addon, viewer: ViewerHandle) {
    this.#fanout = fanout;
    this.#addon = addon;
    this.#viewer = viewer;
  }

  get counters(): NativeViewerCounters {
    return this.#addon.viewerCounters(this.#viewer);
  }

  /** Packets that wait. */
  get queuedPackets(): number {
    return this.#addon.queuedPackets(this.#viewer);
  }

  /**
   * Sends a run, or only its packets from position `from` to before `until`. Returns at once.
   * @returns bytes of its datagrams; 0 when it was dropped: too much waits for this viewer, or it is closed
   * @throws {PinholeError} `native/argument`: the run is no such run
   */
  send(run: NativeRun, from = 0, until = run.payloads.length): number {
    return this.#closed ? 0 : this.#fanout.send(this.#viewer, run, [from, until]);
  }

  /** Forgets what waits, and gives the socket back. May be called again. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#fanout.closeViewer(this.#viewer);
  }
}
