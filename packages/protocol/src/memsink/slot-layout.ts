import type { RealKind } from './real.ts';

/** Which compiler's idea of a C struct: 64-bit (x86-64 and Arm alike), or 32-bit Arm. */
export type SlotAbi = 'lp64' | 'a32';

/** Offsets of the fields of a header; those that a version does not have are absent. */
export interface SlotFields {
  readonly width: number;
  readonly height: number;
  readonly format: number;
  readonly stride: number;
  readonly online: number;
  readonly key?: number;
  readonly gop?: number;
  /** When the picture was taken; from µStreamer 6.46 on the beginning of that. */
  readonly grabbed: number;
  readonly grabEnd?: number;
  readonly encodeBegin: number;
  readonly encodeEnd: number;
  readonly lastClient: number;
  readonly keyRequested?: number;
}

/** One layout of the slot: everything that is needed to read and write it. */
export interface SlotLayout {
  readonly name: SlotLayoutName;
  readonly version: number;
  readonly abi: SlotAbi;
  readonly fields: SlotFields;
  readonly headerBytes: number;
  readonly dataOffset: number;
  /** Bytes of the object when it is complete. */
  readonly sizeBytes: number;
  /** Bytes of the largest frame. */
  readonly capacityBytes: number;
  /** Bytes of the field `used`. */
  readonly usedBytes: 4 | 8;
  /**
   * The clock by which the writer counts: CLOCK_MONOTONIC, CLOCK_MONOTONIC_RAW, or, in a layout whose writers changed it on
   * the way, one of them.
   */
  readonly clock: 'monotonic' | 'raw' | 'either';
}

/** The versions, by what tells them apart. */
export type SlotLayoutName = 'A1' | 'A2' | 'A3' | 'A4' | 'A5' | 'A6' | 'B7a' | 'B7b' | 'B8' | 'C9' | 'C10';

/** `BE BA FE CA BE BA FE CA` in memory. */
export const SLOT_MAGIC = 0xcafebabecafebaben;

/** Magic, version, id and length are in the same place in every version. */
export const SLOT_PREFIX_BYTES = 32;

/** How many bytes a frame has at most, by what follows the last colon of the name; earlier versions take any name. */
const CAPACITY = { jpeg: 4_194_304, h264: 2_097_152, raw: 24_883_200 } as const;
const EARLY_RAW_CAPACITY = 6_912_000;
const EARLY_CAPACITY = 33_554_432;

/** What a frame in a slot is, by the end of the slot's name. */
export type SlotKind = keyof typeof CAPACITY;

/** The kind that a name tells: `demo::ustreamer::h264` is `h264`. Undefined where it tells none. */
export function slotKindOf(name: string): SlotKind | undefined {
  const at = name.includes(':') ? name.lastIndexOf(':') : name.lastIndexOf('.');
  const end = name.slice(at + 1).toLowerCase();
  return at >= 0 && Object.hasOwn(CAPACITY, end) ? (end as SlotKind) : undefined;
}

type Offsets = readonly [lp64: number | undefined, a32: number | undefined];
type Table = { readonly [Field in keyof SlotFields]-?: Offsets };

const NONE: Offsets = [undefined, undefined];

/** Versions 1 to 6: what the picture is comes first, the readers' fields last. */
const familyA = (more: Partial<Table>, clientAt: Offsets, times: Offsets): Table => ({
  width: [32, 28],
  height: [36, 32],
  format: [40, 36],
  stride: [44, 40],
  online: [48, 44],
  key: [49, 45],
  gop: NONE,
  grabbed: times,
  grabEnd: NONE,
  encodeBegin: after(times, 1),
  encodeEnd: after(times, 2),
  lastClient: clientAt,
  keyRequested: NONE,
  ...more,
});

/** Versions 7 to 10: the readers' fields first, then from `width` on what the picture is. */
const familyB = (width: Offsets, grabbed: Offsets, more: Partial<Table>): Table => ({
  lastClient: [32, 32],
  keyRequested: [48, 40],
  width,
  height: plus(width, 4),
  format: plus(width, 8),
  stride: plus(width, 12),
  online: plus(width, 16),
  key: plus(width, 17),
  gop: plus(width, 20),
  grabbed,
  grabEnd: after(grabbed, 1),
  encodeBegin: after(grabbed, 2),
  encodeEnd: after(grabbed, 3),
  ...more,
});

function plus([lp64 = 0, a32 = 0]: Offsets, bytes: number): Offsets {
  return [lp64 + bytes, a32 + bytes];
}

/** So many real numbers further on. */
function after([lp64 = 0, a32 = 0]: Offsets, numbers: number): Offsets {
  return [lp64 + 16 * numbers, a32 + 8 * numbers];
}

const A1 = familyA({ key: NONE }, [112, 72], [64, 48]);
const A2 = familyA({}, [112, 72], [64, 48]);
const A3 = familyA({ keyRequested: [128, 80] }, [112, 72], [64, 48]);
const A4 = familyA({ gop: [52, 48], keyRequested: [128, 88] }, [112, 80], [64, 56]);
const B7B = familyB([52, 44], [80, 72], {});
const B7A = familyB([52, 44], [80, 72], { grabEnd: NONE, encodeBegin: [96, 80], encodeEnd: [112, 88] });

interface Version {
  readonly version: number;
  readonly table: Table;
  readonly headerBytes: readonly [lp64: number, a32: number];
  /** Where they differ from `headerBytes`. */
  readonly dataOffset?: readonly [lp64: number, a32: number];
  readonly clock?: 'raw' | 'either';
}

const VERSIONS: Readonly<Record<SlotLayoutName, Version>> = {
  A1: { version: 1, table: A1, headerBytes: [128, 80], clock: 'raw' },
  A2: { version: 2, table: A2, headerBytes: [128, 80], clock: 'raw' },
  A3: { version: 3, table: A3, headerBytes: [144, 88], dataOffset: [129, 81], clock: 'raw' },
  // Up to 5.41 by the raw clock, from 5.42 on by the other; nothing else tells them apart.
  A4: { version: 4, table: A4, headerBytes: [144, 96], dataOffset: [129, 89], clock: 'either' },
  // A slip of that version: the size of the header, squared.
  A5: { version: 5, table: A4, headerBytes: [144, 96], dataOffset: [20_736, 9216] },
  A6: { version: 6, table: A4, headerBytes: [144, 96] },
  B7a: { version: 7, table: B7A, headerBytes: [128, 96] },
  B7b: { version: 7, table: B7B, headerBytes: [144, 104] },
  B8: { version: 8, table: B7B, headerBytes: [144, 104] },
  C9: {
    version: 9,
    table: familyB([72, 64], [96, 88], { keyRequested: [68, 60] }),
    headerBytes: [160, 120],
  },
  C10: {
    version: 10,
    table: familyB([68, 60], [96, 88], { keyRequested: [64, 56] }),
    headerBytes: [160, 120],
  },
};

/** Names of all layouts, oldest first. */
export const SLOT_LAYOUTS = Object.keys(VERSIONS) as readonly SlotLayoutName[];

/**
 * The layout of that name for an ABI.
 * @param kind decides about the size from version 5 on; `raw` unless told
 */
export function slotLayout(name: SlotLayoutName, abi: SlotAbi, kind: SlotKind = 'raw'): SlotLayout {
  const { version, table, headerBytes, dataOffset, clock = 'monotonic' } = VERSIONS[name];
  const side = abi === 'lp64' ? 0 : 1;
  const offsets = Object.entries(table).flatMap(([field, both]) =>
    both[side] === undefined ? [] : [[field, both[side]] as const],
  );
  const capacity = capacityOf(version, kind);
  const header = headerBytes[side];
  const data = dataOffset?.[side] ?? header;
  const sizeBytes = header + capacity;
  return {
    name,
    version,
    abi,
    fields: Object.fromEntries(offsets) as unknown as SlotFields,
    headerBytes: header,
    dataOffset: data,
    sizeBytes,
    capacityBytes: Math.min(capacity, sizeBytes - data),
    usedBytes: abi === 'lp64' ? 8 : 4,
    clock,
  };
}

function capacityOf(version: number, kind: SlotKind): number {
  if (version < 5) return EARLY_CAPACITY;
  return kind === 'raw' && version < 8 ? EARLY_RAW_CAPACITY : CAPACITY[kind];
}

/** The `long double` of a machine: what Node calls `process.arch`. */
export const realKindOf = (abi: SlotAbi, arch: string): RealKind =>
  abi === 'a32' ? 'binary64' : arch === 'x64' ? 'x87' : 'binary128';
