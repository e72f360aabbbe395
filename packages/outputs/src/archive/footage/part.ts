import type { Micros } from '@pinhole/core';
import type { TrackSample } from '@pinhole/media/fmp4';
import type { Coding } from './coding.ts';

/** Samples of one track that follow one another. */
export interface PieceRun {
  readonly kind: 'video' | 'audio';
  /** Ticks in a second. */
  readonly timescale: number;
  /** When the first one is decoded, on the time line of its part. */
  readonly decodeTicks: number;
  /** One at least. */
  readonly samples: readonly TrackSample[];
}

/** What is read at once: half a second or so. */
export interface Piece {
  /** When its first picture was taken, UTC. */
  readonly captureTime: Micros;
  /** When that picture is shown, on the time line of its part, in ticks of the pictures. */
  readonly mediaTicks: number;
  /** Decoding can start with it. */
  readonly key: boolean;
  /** Pictures first. */
  readonly runs: readonly PieceRun[];
}

/** Where in a part to begin. */
export interface PieceStart {
  readonly at: Micros;
  /**
   * `key-before`: with the key frame at that time or before it, else with the first · `key-after`: with the first key frame from
   * that time on · `next`: with the first picture from that time on, which may need those before it.
   */
  readonly begin: 'key-before' | 'key-after' | 'next';
}

/** A stretch of pictures of one coding on one time line: a file, or what memory holds. */
export interface Part {
  readonly coding: Coding;
  /** The time, UTC, at which its time line is 0. */
  readonly zero: Micros;
  /** @yields its pieces; each is the caller's own. Nothing is read ahead. */
  pieces(start: PieceStart): AsyncGenerator<Piece, void, void>;
  /** Key frames in the order of time, UTC. */
  keyFrames(): Promise<readonly Micros[]>;
  /** Closes what it reads from. May be called again. */
  close(): Promise<void>;
}

/** A key frame that was asked for by its millisecond is meant by it. */
export const NAMED_WITHIN = 1_000;
