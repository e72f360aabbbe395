import type {
  Addon,
  FanoutHandle,
  NativeFanoutCounters,
  NativeViewerCounters,
  SocketHandle,
  ViewerHandle,
} from './addon.ts';
import { checked, requireAddon } from './checked.ts';
import { type NativeRun, PostedRuns } from './posted-runs.ts';

/** How a fan-out sends. */
export interface NativeFanoutOptions {
  /** Threads that encrypt and send; 1 unless told. */
  readonly threads?: number;
  /** `off`: one datagram a packet, where the system could take many at once. For measurements. */
  readonly segments?: 'off' | 'on';
  /** Packets that go out at once of an access unit of more than twice as many, which is spread. 32 unless told. */
  readonly burstPackets?: number;
  /** Over how long such a one is spread, in microseconds; a quarter of the time between two frames unless told. */
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

const GCM = 7;
const GCM_TAG_BYTES = 16;
const SHA1_TAG_BYTES = 10;

/** The addon measures it for each viewer. */
const QUARTER_OF_FRAME = -1;

const SEND_MODES = ['segments', 'many', 'one'] as const;

/**
 * Sends the packets of one stream to many viewers: headers, encryption and system calls happen on a thread of its own.
 *
 * @see RFC 3711, RFC 7714 (SRTP); Linux udp(7), UDP_SEGMENT
 */
export class NativeFanout {
  readonly #addon: Addon;
  readonly #fanout: FanoutHandle;
  readonly #posted: PostedRuns;
  readonly #queuedPackets: number;
  #overflowed = 0;
  #closed = false;

  private constructor(addon: Addon, fanout: FanoutHandle, queuedPackets: number) {
    this.#addon = addon;
    this.#fanout = fanout;
    this.#posted = new PostedRuns(addon, fanout);
    this.#queuedPackets = queuedPackets;
  }

  /** @throws {PinholeError} `native/missing` (the message says why), `native/argument` */
  static open(options: NativeFanoutOptions = {}): NativeFanout {
    const {
      threads = 1,
      segments = 'on',
      burstPackets = 32,
      spreadMicros = QUARTER_OF_FRAME,
      queuedPackets = 2048,
    } = options;
    const addon = requireAddon();
    return new NativeFanout(
      addon,
      checked(() => addon.openFanout(threads, segments === 'on', burstPackets, spreadMicros, queuedPackets)),
      queuedPackets,
    );
  }

  /** How packets are handed to the system: many in one datagram that it cuts, many datagrams a call, or one by one. */
  get sendMode(): (typeof SEND_MODES)[number] {
    return SEND_MODES[this.#addon.sendMode(this.#fanout)] ?? 'one';
  }

  /** Whether nothing waits. */
  get idle(): boolean {
    this.#posted.flush();
    return this.#addon.isIdle(this.#fanout);
  }

  get counters(): NativeFanoutCounters {
    const counters = this.#addon.fanoutCounters(this.#fanout);
    return { ...counters, packetsOverflowed: counters.packetsOverflowed + this.#overflowed };
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

  /** @throws {PinholeError} `native/argument` (also: the socket is closed), `native/failed` (the cipher is not there) */
  openViewer({ socket, address, port, keys, ssrc, payloadType }: NativeViewerOptions): NativeViewer {
    const { profile, masterKey, masterSalt } = keys;
    const open = (): ViewerHandle =>
      this.#addon.openViewer(socket.handle, address, port, profile, masterKey, masterSalt, ssrc, payloadType);
    const overheadBytes = profile === GCM ? GCM_TAG_BYTES : SHA1_TAG_BYTES;
    return new NativeViewer(this, this.#addon, { handle: checked(open), overheadBytes });
  }

  /** Ends the threads; what waits is forgotten. May be called again. */
  close(): void {
    this.#closed = true;
    this.#addon.closeFanout(this.#fanout);
  }

  /** @internal How many packets may wait for one viewer. */
  get mostQueued(): number {
    return this.#queuedPackets;
  }

  /** @internal @returns bytes without those of encryption @throws {PinholeError} `native/argument` */
  post(viewer: number, run: NativeRun, from: number, until: number): number {
    return this.#closed ? 0 : this.#posted.post(viewer, run, from, until);
  }

  /** @internal Counts what did not fit behind what waits for a viewer. */
  overflow(packets: number): void {
    this.#overflowed += packets;
  }

  /** @internal */
  closeViewer(viewer: ViewerHandle): void {
    this.#posted.flush();
    this.#addon.closeViewer(this.#fanout, viewer);
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
  readonly #number: number;
  readonly #overheadBytes: number;
  /** What waits; the sending thread takes off what it sent. */
  readonly #shown: Int32Array;
  #overflowed = 0;
  #closed = false;

  /** @internal */
  constructor(fanout: NativeFanout, addon: Addon, made: { handle: ViewerHandle; overheadBytes: number }) {
    this.#fanout = fanout;
    this.#addon = addon;
    this.#viewer = made.handle;
    this.#number = addon.viewerNumber(made.handle);
    this.#overheadBytes = made.overheadBytes;
    this.#shown = new Int32Array(addon.shownPackets(made.handle));
  }

  get counters(): NativeViewerCounters {
    const counters = this.#addon.viewerCounters(this.#viewer);
    return { ...counters, packetsOverflowed: counters.packetsOverflowed + this.#overflowed };
  }

  /** Packets that wait. */
  get queuedPackets(): number {
    // Of 32 bits in one place: it is read whole without Atomics, which take ten times as long.
    return this.#closed ? 0 : (this.#shown[0] ?? 0);
  }

  /**
   * Sends a run, or only its packets from position `from` to before `until`. Returns at once. It goes on after its socket
   * was closed, by a descriptor of its own; only `openViewer` throws then.
   * @returns bytes of its datagrams; 0 when it was dropped: too much waits for this viewer, or it or its fan-out is closed
   * @throws {PinholeError} `native/argument`: the run is no such run
   */
  send(run: NativeRun, from = 0, until = run.payloads.length): number {
    if (this.#closed) return 0;
    const packets = until - from;
    if (this.queuedPackets + packets > this.#fanout.mostQueued) {
      this.#overflowed += packets;
      this.#fanout.overflow(packets);
      return 0;
    }
    const bytes = this.#fanout.post(this.#number, run, from, until);
    if (bytes === 0) return 0;
    Atomics.add(this.#shown, 0, packets);
    return bytes + packets * this.#overheadBytes;
  }

  /** Forgets what waits, and gives the socket back. May be called again. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#fanout.closeViewer(this.#viewer);
  }
}
