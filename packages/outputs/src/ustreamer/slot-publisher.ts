import { randomBytes } from 'node:crypto';
import { type Micros, messageOf } from '@pinhole/core';
import { clockSeconds, nativeSlotLayout, SlotWriter } from '@pinhole/native';
import {
  realKindOf,
  type SlotKind,
  type SlotLayout,
  type SlotLayoutName,
  serializeSlotHeader,
  slotLayout,
} from '@pinhole/protocol/memsink';

/** Which slot is written, and for which version of µStreamer. */
export interface SlotTarget {
  /** As its readers are told, e.g. `pinhole::door::h264`. */
  readonly name: string;
  readonly kind: Extract<SlotKind, 'h264' | 'jpeg'>;
  readonly layout: SlotLayoutName;
  /** Of the file, when it is made. */
  readonly mode: number;
  /** Whether the name is taken away at the end. */
  readonly removal: 'at-end' | 'never';
}

/** A picture for a slot. */
export interface SlotPicture {
  readonly data: Uint8Array;
  readonly width: number;
  readonly height: number;
  readonly captureTime: Micros;
  readonly key: boolean;
  /** Pictures from one key picture to the next. */
  readonly gop: number;
  /** False: this shows that there is no signal. */
  readonly online: boolean;
}

/** What became of the pictures of a slot since it was made. */
export interface SlotCounters {
  readonly published: number;
  /** Left out: readers had the slot locked for too long. */
  readonly lockedOut: number;
  /** Left out: larger than the slot. */
  readonly tooLarge: number;
  /** Left out: the object could not be written. */
  readonly failed: number;
  /** Left out: another program wrote into the slot. */
  readonly foreign: number;
}

/** How a picture fared: `busy` may be tried again; with `foreign` the slot is another program's. */
export type SlotOutcome = 'published' | 'busy' | 'too-large' | 'failed' | 'foreign';

/** Writes pictures into one slot as µStreamer does. */
export class SlotPublisher {
  readonly #target: SlotTarget;
  readonly #layout: SlotLayout;
  readonly #now: () => Micros;
  readonly #real: ReturnType<typeof realKindOf>;
  readonly #writer: SlotWriter;
  #id = randomBytes(8).readBigUInt64LE();
  #counters = { published: 0, lockedOut: 0, tooLarge: 0, failed: 0, foreign: 0 };
  #fault: string | undefined;

  private constructor(target: SlotTarget, now: () => Micros) {
    this.#target = target;
    this.#now = now;
    const abi = process.arch === 'arm' ? 'a32' : 'lp64';
    this.#real = realKindOf(abi, process.arch);
    this.#layout = slotLayout(target.layout, abi, target.kind);
    this.#writer = new SlotWriter({
      name: target.name,
      layout: nativeSlotLayout(this.#layout, this.#real),
      sizeBytes: this.#layout.sizeBytes,
      mode: target.mode,
    });
  }

  /**
   * Makes the slot, or takes over one that is there.
   * @param options.now UTC of the pictures' capture times
   * @throws {PinholeError} `native/missing`, `native/failed`
   */
  static open(target: SlotTarget, options: { readonly now: () => Micros }): SlotPublisher {
    return new SlotPublisher(target, options.now);
  }

  get target(): SlotTarget {
    return this.#target;
  }

  get counters(): SlotCounters {
    return this.#counters;
  }

  /** Why the last picture could not be written; undefined when it could. */
  get fault(): string | undefined {
    return this.#fault;
  }

  /** Seconds since a reader was there (infinite: never), and whether one asks for a key picture. */
  get readers(): SlotWriter['readers'] {
    return this.#writer.readers;
  }

  /** Writes a picture, unless a reader has the slot locked just now. */
  publish(picture: SlotPicture): SlotOutcome {
    const { data } = picture;
    if (data.byteLength > this.#layout.capacityBytes) {
      this.#counters.tooLarge++;
      return 'too-large';
    }
    try {
      const outcome = this.#writer.publish(this.#header(picture), data);
      if (outcome === 'foreign') this.#counters.foreign++;
      if (outcome !== 'published') return outcome;
    } catch (thrown) {
      this.#fault = messageOf(thrown);
      this.#counters.failed++;
      return 'failed';
    }
    this.#fault = undefined;
    this.#counters.published++;
    return 'published';
  }

  /** Whether the name still means what is written. */
  get isCurrent(): boolean {
    return this.#writer.isCurrent;
  }

  /** Whether another program wrote into it: then it is that one's, and nothing is written any more. */
  get isForeign(): boolean {
    return this.#counters.foreign > 0 || this.#writer.isForeign;
  }

  /** A picture that was `busy` is given up. */
  giveUp(): void {
    this.#counters.lockedOut++;
  }

  /** Takes the name away, where that is wanted and it is ours. Readers keep what they have open. */
  close(): void {
    if (this.#target.removal === 'at-end' && !this.isForeign && this.isCurrent) this.#writer.unlink();
  }

  #header({ data, width, height, captureTime, key, gop, online }: SlotPicture): Uint8Array {
    const nowSeconds = clockSeconds(this.#layout.clock === 'raw' ? 'raw' : 'monotonic');
    const grabbedSeconds = Math.max(0, nowSeconds - (this.#now() - captureTime) / 1e6);
    // Readers take 0 for "none yet".
    this.#id = BigInt.asUintN(64, this.#id + 1n) || 1n;
    return serializeSlotHeader(
      {
        id: this.#id,
        lengthBytes: data.byteLength,
        width,
        height,
        format: this.#target.kind === 'h264' ? 'H264' : 'JPEG',
        stride: 0,
        online,
        key,
        gop,
        grabbedSeconds: online ? grabbedSeconds : 0,
        encodeBeginSeconds: grabbedSeconds,
        encodeEndSeconds: nowSeconds,
      },
      this.#layout,
      this.#real,
    );
  }
}
