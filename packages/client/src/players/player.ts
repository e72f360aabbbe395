import type { Micros, Millis } from '@pinhole/core';
import type { Failure } from '../transports/failure.ts';

/** A frame that reached the screen. */
export interface PaintedFrame {
  /** When it was on the screen, on the local clock; as near as the browser tells. */
  readonly paintedAt: Millis;
  /** When it was captured, UTC of the server, where that is known. */
  readonly captureTime?: Micros;
  readonly width: number;
  readonly height: number;
}

/** What a player tells its owner. */
export type PlayerEvent =
  | { readonly kind: 'painted'; readonly frame: PaintedFrame }
  /** The browser wants a tap before it plays. */
  | { readonly kind: 'blocked' }
  /** It cannot go on without a key frame. */
  | { readonly kind: 'key-frame-wanted' }
  /** It gave up. */
  | { readonly kind: 'failed'; readonly failure: Failure };

/** How many frames came how far since a player was opened. */
export interface FrameCounters {
  readonly received: number;
  readonly decoded: number;
  readonly painted: number;
  /** Never shown: too late, or undecodable after a gap. */
  readonly dropped: number;
}

/** An element that shows the pictures. */
export type PictureElement = HTMLVideoElement | HTMLCanvasElement;
