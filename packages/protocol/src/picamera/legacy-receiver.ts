import { CmdType } from './codes.ts';
import { LEGACY_CHUNK_BYTES } from './legacy-frames.ts';
import { TransferTable } from './transfer-table.ts';
import type { ReceiverCounters, ReceiverOptions, TransferEvent } from './transfers.ts';

/** A length as a header has it. */
const MAX_LENGTH_DIGITS = 16;

/**
 * Puts the answers of generation A on one channel together, and finds back in step after frames were lost.
 *
 * ```
 *            digits                           total reached: completed
 *  header ──────────▶ body ─────────────────────────────────────────────▶ header
 *    ▲ │ type alone:    │ type alone: lost, incomplete                       ▲
 *    └─┘ nothing        ├────────────────────────────────────────────────────┘
 *      │ else: stray    │ digits where more or fewer bytes are due: lost, superseded; a header
 *                       │ more than is due: lost, overflow; then read as if a header were due
 * ```
 * Each type has a state of its own. A transfer has no id on the wire: `id` in the events counts them.
 */
export class LegacyReceiver {
  readonly #table: TransferTable;
  #count = 0;

  constructor(options: ReceiverOptions = {}) {
    this.#table = new TransferTable(options);
  }

  /** What was received, and what was passed over. */
  get counters(): ReceiverCounters {
    return this.#table.counters;
  }

  /** Bytes held for bodies that are not complete. */
  get heldBytes(): number {
    return this.#table.heldBytes;
  }

  /**
   * Takes a frame. Never throws.
   * @param nowMs of any clock that does not go back
   */
  push(frame: Uint8Array, nowMs: number): readonly TransferEvent[] {
    const [type] = frame;
    if (type === undefined || type > CmdType.CUSTOM) return this.#table.malformed();
    const key = String(type);
    const payload = frame.subarray(1);
    const missing = this.#table.missing(key);
    if (missing === undefined) return this.#header(type, payload, nowMs);
    if (payload.byteLength === 0) return this.#table.end(key);
    // Only the last part of a body is short, and it is as long as what is missing.
    const inPlace = payload.byteLength === missing || payload.byteLength === LEGACY_CHUNK_BYTES;
    if (!inPlace && lengthIn(payload) !== undefined) {
      return [...this.#table.lose(key, 'superseded'), ...this.#header(type, payload, nowMs)];
    }
    const events = this.#table.append(key, payload, nowMs);
    return payload.byteLength > missing ? [...events, ...this.#header(type, payload, nowMs)] : events;
  }

  /** Gives up what has been silent for too long. */
  expire(nowMs: number): readonly TransferEvent[] {
    return this.#table.expire(nowMs);
  }

  #header(type: number, payload: Uint8Array, nowMs: number): readonly TransferEvent[] {
    // The trailer of what is complete, or of what was lost.
    if (payload.byteLength === 0) return [];
    const total = lengthIn(payload);
    if (total === undefined) return this.#table.stray();
    const key = String(type);
    const events = this.#table.start(key, { type, id: String(++this.#count), total }, nowMs);
    return total === 0 ? [...events, ...this.#table.end(key)] : events;
  }
}

function lengthIn(payload: Uint8Array): number | undefined {
  if (payload.byteLength < 1 || payload.byteLength > MAX_LENGTH_DIGITS) return undefined;
  let length = 0;
  for (const digit of payload) {
    if (digit < 0x30 || digit > 0x39) return undefined;
    length = length * 10 + digit - 0x30;
  }
  return Number.isSafeInteger(length) ? length : undefined;
}
