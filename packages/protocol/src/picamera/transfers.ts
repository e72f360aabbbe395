/** Bounds of what a receiver holds. */
export interface TransferBounds {
  /** Transfers that may run at once; over it, the one that stood still longest is given up. */
  readonly transfers: number;
  /** Bytes held for bodies that are not complete. A body that is passed on as it comes holds none. */
  readonly bytes: number;
  /** Silence after which a transfer is given up, in milliseconds. */
  readonly silenceMs: number;
}

/** Bounds that fit a viewer: one recording at a time, a few small answers beside it. */
export const VIEWER_TRANSFER_BOUNDS: TransferBounds = {
  transfers: 16,
  bytes: 512 * 1024 * 1024,
  silenceMs: 30_000,
};

/** Why a transfer was given up. */
export type TransferLoss =
  /** It ended before all of it was there. */
  | 'incomplete'
  /** More came than its header said. */
  | 'overflow'
  /** A part of it is missing; a lossy channel does that. */
  | 'gap'
  /** Another one began in its place. */
  | 'superseded'
  /** It does not fit the bound of bytes. */
  | 'too-large'
  /** Too many at once. */
  | 'crowded'
  /** Nothing came for too long. */
  | 'silent'
  /** The sender said so. */
  | 'aborted';

/** What a frame did to the transfers; `type` is the code point of the request that it answers. */
export type TransferEvent =
  | { readonly kind: 'started'; readonly type: number; readonly id: string; readonly total: number }
  /** `bytes` is a view of the frame; `received` counts it in. */
  | {
      readonly kind: 'progress';
      readonly type: number;
      readonly id: string;
      readonly received: number;
      readonly total: number;
      readonly bytes: Uint8Array;
    }
  /** `body` is the receiver's no longer; left out where it was passed on as it came. */
  | {
      readonly kind: 'completed';
      readonly type: number;
      readonly id: string;
      readonly total: number;
      readonly body?: Uint8Array;
    }
  | {
      readonly kind: 'lost';
      readonly type: number;
      readonly id: string;
      readonly received: number;
      readonly total: number;
      readonly why: TransferLoss;
    };

/** What a receiver passed over, since it was made. */
export interface ReceiverCounters {
  readonly completed: number;
  readonly lost: number;
  /** Frames that could not be read. */
  readonly malformed: number;
  /** Frames that belong to no transfer: what comes after one was given up. */
  readonly stray: number;
}

/** Whether a body is put together, or only passed on as it comes. */
export type BodyHandling = 'collect' | 'pass-on';

/** What a receiver is made with. */
export interface ReceiverOptions {
  readonly bounds?: TransferBounds;
  /** Decides for each transfer as it starts; by default all are put together. */
  readonly handling?: (type: number, total: number) => BodyHandling;
}
