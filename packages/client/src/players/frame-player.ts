import type { LiveFrame } from '@pinhole/protocol/live';
import type { PictureElement, PlayerEvent } from './player.ts';

/** What the server told about the pictures that follow. */
export interface StreamConfig {
  /** RFC 6381, e.g. `avc1.42c01f`. */
  readonly codec: string;
  readonly width: number;
  readonly height: number;
  /** Pictures come in another order than they are shown. */
  readonly bFrames: boolean;
}

/** What a frame player needs. */
export interface FramePlayerOptions {
  readonly handle: (event: PlayerEvent) => void;
}

/** Decodes and shows access units as they come by WebSocket. */
export interface FramePlayer {
  readonly element: PictureElement;
  readonly decoded: number;
  readonly painted: number;
  readonly dropped: number;
  /** How far the playhead is behind the newest picture, where there is a buffer. */
  readonly bufferMs?: number;
  /** What decodes. */
  readonly decoder?: string;
  /** What the units from the next key unit on are. */
  configure(config: StreamConfig): void;
  /** Takes a unit. */
  write(frame: LiveFrame): void;
  /** Units were left out: nothing can be decoded until a key unit comes. */
  skip(): void;
  /** The page is shown again. */
  resume(): void;
  /** Frees decoder and buffers; the last picture stays on the element. May be called again. */
  close(): void;
}
