import { PinholeError } from '@pinhole/core';
import type { Addon, FanoutHandle, FrameHandle } from './addon.ts';
import { checked } from './checked.ts';

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

/** A frame in native memory. */
interface KnownFrame {
  readonly handle: FrameHandle;
  readonly number: number;
  /** Where each payload begins, and the end of the last. */
  readonly offsets: readonly number[];
}

/** None yet. */
const NO_PAYLOADS: readonly Uint8Array[] = [];

/** Numbers of a run, in the order in which the addon reads them. */
const RUN_WORDS = 10;
const MAX_EXTENSION_BYTES = 64;
/** Runs that go over in one call. */
const MOST = 64;
const RTP_HEADER_BYTES = 12;
const MAX_INDEX = 2 ** 48 - 1;
const MAX_U32 = 2 ** 32 - 1;
const MAX_U16 = 2 ** 16 - 1;

/**
 * Runs on their way to the sending threads: all of one turn, a frame to all its viewers, go over in few calls and wake
 * the threads as often. A call for each run would cost more than all the rest that is done for it on this thread.
 */
export class PostedRuns {
  readonly #addon: Addon;
  readonly #fanout: FanoutHandle;
  readonly #words = new Float64Array(MOST * RUN_WORDS);
  readonly #extensions = new Uint8Array(MOST * MAX_EXTENSION_BYTES);
  readonly #known = new WeakMap<readonly Uint8Array[], KnownFrame>();
  /** Kept until they are over there. */
  readonly #frames: KnownFrame[] = [];
  readonly #flush = (): void => {
    this.#due = false;
    this.flush();
  };
  /** The frame that came last in this turn, which goes to all its viewers before the next one. */
  #payloads = NO_PAYLOADS;
  #frame: KnownFrame | undefined;
  #count = 0;
  #due = false;

  constructor(addon: Addon, fanout: FanoutHandle) {
    this.#addon = addon;
    this.#fanout = fanout;
  }

  /**
   * Takes the packets of a run from position `from` to before `until`.
   * @param viewer its number
   * @returns bytes of its payloads, and of its headers without what encryption adds
   * @throws {PinholeError} `native/argument`
   */
  post(viewer: number, run: NativeRun, from: number, until: number): number {
    const frame = this.#frameOf(run.payloads);
    const { firstIndex, timestamp, extension, transportSequence } = run;
    const packets = run.payloads.length;
    const extensionBytes = extension.byteLength;
    const transportOffset = transportSequence?.offset ?? -1;
    const transportFirst = transportSequence?.first ?? 0;
    whole('firstIndex', firstIndex, 0, MAX_INDEX - packets);
    whole('timestamp', timestamp, 0, MAX_U32);
    if (extensionBytes > MAX_EXTENSION_BYTES || extensionBytes % 4 !== 0)
      throw wrong(`extension must have whole 32-bit words, at most ${MAX_EXTENSION_BYTES / 4}`);
    whole('transportOffset', transportOffset, -1, Math.max(extensionBytes - 2, -1));
    whole('transportFirst', transportFirst, 0, MAX_U16);
    whole('from', from, 0, packets - 1);
    whole('until', until, from + 1, packets);

    const words = this.#words;
    let at = this.#count * RUN_WORDS;
    words[at++] = viewer;
    words[at++] = frame.number;
    words[at++] = firstIndex;
    words[at++] = timestamp;
    words[at++] = extensionBytes;
    words[at++] = transportOffset;
    words[at++] = transportFirst;
    words[at++] = from;
    words[at++] = until;
    words[at] = run.marker === 'none' ? 0 : 1;
    this.#extensions.set(extension, this.#count * MAX_EXTENSION_BYTES);
    if (this.#frames[this.#frames.length - 1] !== frame) this.#frames.push(frame);
    if (++this.#count === MOST) this.flush();
    else if (!this.#due) {
      this.#due = true;
      queueMicrotask(this.#flush);
    }
    const { offsets } = frame;
    const payloadBytes = (offsets[until] ?? 0) - (offsets[from] ?? 0);
    return payloadBytes + (until - from) * (RTP_HEADER_BYTES + extensionBytes);
  }

  /** Hands over what was taken. */
  flush(): void {
    const count = this.#count;
    this.#count = 0;
    if (count > 0) this.#addon.post(this.#fanout, this.#words, this.#extensions, count);
    this.#frames.length = 0;
    this.#payloads = NO_PAYLOADS;
    this.#frame = undefined;
  }

  #frameOf(payloads: readonly Uint8Array[]): KnownFrame {
    if (this.#frame && payloads === this.#payloads) return this.#frame;
    const frame = this.#known.get(payloads) ?? this.#open(payloads);
    this.#payloads = payloads;
    this.#frame = frame;
    return frame;
  }

  #open(payloads: readonly Uint8Array[]): KnownFrame {
    const handle = checked(() => this.#addon.openFrame(payloads));
    const offsets = [0];
    let end = 0;
    for (const { byteLength } of payloads) {
      end += byteLength;
      offsets.push(end);
    }
    const frame = { handle, number: this.#addon.frameNumber(handle), offsets };
    this.#known.set(payloads, frame);
    return frame;
  }
}

function whole(name: string, value: number, least: number, most: number): void {
  if (!(value >= least && value <= most && Number.isInteger(value)))
    throw wrong(`${name} must be a whole number from ${least} to ${most}`);
}

const wrong = (message: string): PinholeError => new PinholeError('native/argument', message);
