/** What became of transfers; all since the program started. */
export interface TransferCounters {
  readonly begun: number;
  readonly completed: number;
  /** The viewer left, or its channel closed. */
  readonly cancelled: number;
  /** What was to be sent could not be read to its end, or the channel took a message no more. */
  readonly failed: number;
  /** Bytes of bodies handed to channels. */
  readonly bytes: number;
}

/** The same, to be counted with. */
export type TransferTally = { -readonly [Name in keyof TransferCounters]: number };

/** Nothing happened yet. */
export const newTransferTally = (): TransferTally => ({
  begun: 0,
  completed: 0,
  cancelled: 0,
  failed: 0,
  bytes: 0,
});
