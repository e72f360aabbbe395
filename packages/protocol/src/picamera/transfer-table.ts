import {
  type ReceiverCounters,
  type ReceiverOptions,
  type TransferBounds,
  type TransferEvent,
  type TransferLoss,
  VIEWER_TRANSFER_BOUNDS,
} from './transfers.ts';

interface Transfer {
  readonly type: number;
  readonly id: string;
  readonly total: number;
  /** Grows with what came, never with what a header promised; undefined where it is passed on. */
  body: Uint8Array | undefined;
  received: number;
  heardMs: number;
}

/**
 * The transfers that a receiver of any generation has under way, within their bounds. Keys are the receiver's own. Every
 * method returns what happened, in order.
 */
export class TransferTable {
  readonly #bounds: TransferBounds;
  readonly #handling: NonNullable<ReceiverOptions['handling']>;
  readonly #transfers = new Map<string, Transfer>();
  readonly #counters = { completed: 0, lost: 0, malformed: 0, stray: 0 };
  #heldBytes = 0;

  constructor({ bounds = VIEWER_TRANSFER_BOUNDS, handling = () => 'collect' }: ReceiverOptions) {
    this.#bounds = bounds;
    this.#handling = handling;
  }

  get counters(): ReceiverCounters {
    return { ...this.#counters };
  }

  /** Bytes allocated for bodies that are not complete. */
  get heldBytes(): number {
    return this.#heldBytes;
  }

  /** Bytes that came; undefined where nothing runs under that key. */
  received(key: string): number | undefined {
    return this.#transfers.get(key)?.received;
  }

  /** Bytes that are still to come; undefined where nothing runs under that key. */
  missing(key: string): number | undefined {
    const transfer = this.#transfers.get(key);
    return transfer && transfer.total - transfer.received;
  }

  malformed(): readonly TransferEvent[] {
    this.#counters.malformed++;
    return [];
  }

  stray(): readonly TransferEvent[] {
    this.#counters.stray++;
    return [];
  }

  start(key: string, start: { type: number; id: string; total: number }, nowMs: number): TransferEvent[] {
    const events = this.lose(key, 'superseded');
    if (this.#transfers.size >= this.#bounds.transfers)
      events.push(...this.lose(this.#stillest(), 'crowded'));
    const { type, id, total } = start;
    const collects = this.#handling(type, total) === 'collect';
    events.push({ kind: 'started', type, id, total });
    const body = collects ? new Uint8Array(0) : undefined;
    this.#transfers.set(key, { type, id, total, body, received: 0, heardMs: nowMs });
    if (collects && total > this.#bounds.bytes) events.push(...this.lose(key, 'too-large'));
    return events;
  }

  append(key: string, bytes: Uint8Array, nowMs: number): TransferEvent[] {
    const transfer = this.#transfers.get(key);
    if (transfer === undefined) return [...this.stray()];
    const received = transfer.received + bytes.byteLength;
    if (received > transfer.total) return this.lose(key, 'overflow');
    if (transfer.body !== undefined && !this.#hold(transfer, transfer.body, bytes))
      return this.lose(key, 'too-large');
    transfer.received = received;
    transfer.heardMs = nowMs;
    const { type, id, total } = transfer;
    const events: TransferEvent[] = [{ kind: 'progress', type, id, received, total, bytes }];
    if (received === total) events.push(...this.end(key));
    return events;
  }

  /** The sender says that it is over: complete, or lost. */
  end(key: string, why: TransferLoss = 'incomplete'): TransferEvent[] {
    const transfer = this.#transfers.get(key);
    if (transfer === undefined) return [];
    const { type, id, total, received, body } = transfer;
    if (received < total) return this.lose(key, why);
    this.#forget(key, transfer);
    this.#counters.completed++;
    return [{ kind: 'completed', type, id, total, ...(body && { body: body.subarray(0, total) }) }];
  }

  lose(key: string | undefined, why: TransferLoss): TransferEvent[] {
    const transfer = key === undefined ? undefined : this.#transfers.get(key);
    if (key === undefined || transfer === undefined) return [];
    this.#forget(key, transfer);
    this.#counters.lost++;
    const { type, id, received, total } = transfer;
    return [{ kind: 'lost', type, id, received, total, why }];
  }

  expire(nowMs: number): TransferEvent[] {
    const silent = [...this.#transfers].filter(([, { heardMs }]) => nowMs - heardMs > this.#bounds.silenceMs);
    return silent.flatMap(([key]) => this.lose(key, 'silent'));
  }

  /** @returns false where the bound of bytes is in the way */
  #hold(transfer: Transfer, body: Uint8Array, bytes: Uint8Array): boolean {
    const needed = transfer.received + bytes.byteLength;
    if (needed > body.byteLength) {
      const room = this.#bounds.bytes - this.#heldBytes + body.byteLength;
      if (needed > room) return false;
      const capacity = Math.min(transfer.total, room, Math.max(needed, body.byteLength * 2));
      const larger = new Uint8Array(capacity);
      larger.set(body.subarray(0, transfer.received));
      this.#heldBytes += capacity - body.byteLength;
      transfer.body = larger;
    }
    transfer.body?.set(bytes, transfer.received);
    return true;
  }

  #stillest(): string | undefined {
    let oldest: { readonly key: string; readonly heardMs: number } | undefined;
    for (const [key, { heardMs }] of this.#transfers) {
      if (oldest === undefined || heardMs < oldest.heardMs) oldest = { key, heardMs };
    }
    return oldest?.key;
  }

  #forget(key: string, transfer: Transfer): void {
    this.#transfers.delete(key);
    this.#heldBytes -= transfer.body?.byteLength ?? 0;
  }
}
