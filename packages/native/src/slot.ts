import type {
  Addon,
  SlotLayoutArguments,
  SlotReaderCounters,
  SlotReaderHandle,
  SlotWriterHandle,
} from './addon.ts';
import { checked, requireAddon } from './checked.ts';

/** Where things are in a slot, as far as native code has to know. */
export interface NativeSlotLayout {
  readonly version: number;
  readonly headerBytes: number;
  readonly dataOffset: number;
  readonly capacityBytes: number;
  readonly usedBytes: 4 | 8;
  readonly realKind: keyof typeof REAL_KINDS;
  readonly lastClientOffset: number;
  /** Absent where the version has none. */
  readonly keyOffset?: number;
  readonly keyRequestedOffset?: number;
  /** By which the writer counts; `either` where it may be one or the other. */
  readonly clock: keyof typeof CLOCKS;
}

const CLOCKS = { monotonic: 0, raw: 1, either: 2 } as const;
const REAL_KINDS = { x87: 0, binary128: 1, binary64: 2 } as const;

/** One frame as it was in a slot. Header and data are the taker's. */
export interface SlotFrame {
  readonly header: Uint8Array;
  readonly data: Uint8Array;
  /**
   * When it was taken, by the writer's clock (by CLOCK_MONOTONIC_RAW where that may be either) and by CLOCK_MONOTONIC;
   * seconds.
   */
  readonly writerSeconds: number;
  readonly seconds: number;
}

/** Why a slot brings nothing more: its name means another object, or none; or it has another version now. */
export type SlotEnd = 'replaced' | 'version';

const ENDS: readonly SlotEnd[] = ['replaced', 'version'];

/** How a slot is read. */
export interface SlotReaderOptions {
  /** As `shm_open` takes it, e.g. `demo::ustreamer::h264`. */
  readonly name: string;
  readonly layout: NativeSlotLayout;
  /** How often a thread looks; 1000 unless told. */
  readonly pollMicros?: number;
  readonly frame: (frame: SlotFrame) => void;
  /** Called once; no frame follows. */
  readonly ended: (why: SlotEnd) => void;
}

/**
 * The first bytes of an object in shared memory, and its size.
 * @throws {PinholeError} `native/missing`, `native/argument`, `native/failed` (there is none, or it may not be read and
 *   written)
 */
export function peekSlot(name: string): { readonly prefix: Uint8Array; readonly size: number } {
  return checked(() => requireAddon().peekSlot(name));
}

/** Takes every new frame out of a slot, on a thread of its own, and tells the writer that somebody is there. */
export class SlotReader {
  readonly #addon: Addon;
  readonly #reader: SlotReaderHandle;
  #closed = false;

  /** @throws {PinholeError} as {@link peekSlot} */
  constructor({ name, layout, pollMicros = 1000, frame, ended }: SlotReaderOptions) {
    this.#addon = requireAddon();
    this.#reader = checked(() =>
      this.#addon.openSlotReader(
        name,
        ...layoutArguments(layout),
        pollMicros,
        (header, data, writerSeconds, seconds) => {
          if (this.#closed) return;
          if (typeof header === 'number') ended(ENDS[header] ?? 'replaced');
          else if (data && writerSeconds !== undefined && seconds !== undefined)
            frame({ header, data, writerSeconds, seconds });
        },
      ),
    );
  }

  get counters(): SlotReaderCounters {
    return this.#addon.slotCounters(this.#reader);
  }

  /** Asks the writer for a key frame, until one comes; does nothing where its version cannot be asked. */
  requestKey(): void {
    this.#addon.requestSlotKey(this.#reader);
  }

  /** Ends the thread. May be called again. */
  close(): void {
    this.#closed = true;
    this.#addon.closeSlotReader(this.#reader);
  }
}

/**
 * What became of a frame: `busy` when a reader had the slot locked, so that it may be tried again; `foreign` when another
 * program wrote into the slot since, over which nothing is written.
 */
export type SlotPublication = 'published' | 'busy' | 'foreign';

const PUBLICATIONS = { 0: 'busy', 1: 'published', 2: 'foreign' } as const;

/** How a slot is written. */
export interface SlotWriterOptions {
  readonly name: string;
  readonly layout: NativeSlotLayout;
  /** Bytes of the whole object. */
  readonly sizeBytes: number;
  /** Of the file, when it is made; 0o660 unless told. */
  readonly mode?: number;
}

/** Puts frames into a slot. */
export class SlotWriter {
  readonly #addon: Addon;
  readonly #writer: SlotWriterHandle;

  /** @throws {PinholeError} as {@link peekSlot} */
  constructor({ name, layout, sizeBytes, mode = 0o660 }: SlotWriterOptions) {
    this.#addon = requireAddon();
    this.#writer = checked(() =>
      this.#addon.openSlotWriter(name, ...layoutArguments(layout), mode, sizeBytes),
    );
  }

  /** Seconds since a reader was there (infinite: never); and whether one asks for a key frame. */
  get readers(): { readonly secondsSince: number; readonly wantsKey: boolean } {
    const { secondsSince, wantsKey } = this.#addon.slotReaders(this.#writer);
    return { secondsSince, wantsKey };
  }

  /** Whether another program wrote into the slot since this one did. */
  get isForeign(): boolean {
    return this.#addon.slotReaders(this.#writer).foreign;
  }

  /** Whether the name still means the object that is written: another program may have removed or replaced it. */
  get isCurrent(): boolean {
    return this.#addon.isSlotCurrent(this.#writer);
  }

  /**
   * Publishes a frame; what readers wrote into the header stays.
   * @param header as long as the layout says
   * @throws {PinholeError} `native/argument`, `native/failed`
   */
  publish(header: Uint8Array, data: Uint8Array): SlotPublication {
    return checked(() => PUBLICATIONS[this.#addon.publishToSlot(this.#writer, header, data)]);
  }

  /** Takes the name away; readers that have the object open keep it. */
  unlink(): void {
    this.#addon.unlinkSlot(this.#writer);
  }
}

/** Seconds of a clock of this machine. @throws {PinholeError} `native/missing` */
export const clockSeconds = (clock: 'monotonic' | 'raw'): number => requireAddon().clockNow(clock === 'raw');

const layoutArguments = (layout: NativeSlotLayout): SlotLayoutArguments => [
  layout.version,
  layout.headerBytes,
  layout.dataOffset,
  layout.capacityBytes,
  layout.usedBytes,
  REAL_KINDS[layout.realKind],
  layout.lastClientOffset,
  layout.keyOffset ?? -1,
  layout.keyRequestedOffset ?? -1,
  CLOCKS[layout.clock],
];
