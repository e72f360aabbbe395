import type { Micros, Millis } from '@pinhole/core';
import type { PlaybackState } from './playback-state.ts';
import type { TimeRange } from './recording-types.ts';
import type { RecordingsApiOptions } from './recordings-api.ts';

/** What a player plays, and where it shows it. */
export interface RecordingPlayerOptions extends RecordingsApiOptions {
  /** Where the picture goes; the player adds and removes its own element in it. */
  readonly container: HTMLElement;
  /** What was not recorded is passed over, or takes its time. Default `skip`. */
  readonly gaps?: 'skip' | 'wait';
  /** Closes the player. */
  readonly signal?: AbortSignal;
}

/** The picture on the page. */
export interface PlaybackTime {
  /** When it was captured, UTC. */
  readonly captureTime: Micros;
  /** When it was on the screen, on the local clock. */
  readonly paintedAt: Millis;
  readonly width: number;
  readonly height: number;
}

/** What a player tells. */
export interface RecordingPlayerEvents {
  readonly state: PlaybackState;
  /** At each picture that is painted. */
  readonly time: PlaybackTime;
  /** It passed over a stretch that was not recorded, or begins to wait it through. */
  readonly gap: TimeRange;
  /** What is loaded from here on is coded otherwise than what came before. */
  readonly span: { readonly from: Micros; readonly contentType: string };
  /** It has shown the last picture: of now (`live`), or of all that was recorded (`end`). Told once. */
  readonly ended: { readonly edge: 'live' | 'end'; readonly at: Micros };
}

/** How far a step goes. */
export interface PlaybackStep {
  readonly direction: 1 | -1;
  /** Default `frame`. */
  readonly by?: 'frame' | 'key-frame';
}

/** The slowest and the fastest that browsers play without tricks. */
export const PLAYBACK_RATES = [0.5, 1, 2, 4, 8, 16] as const;
