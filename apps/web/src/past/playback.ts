import type { PlaybackState, RecordingPlayer } from '@pinhole/client/recordings';
import { computed, signal } from '@preact/signals';
import { say } from '../components/toast.tsx';
import { clockOf } from './time-words.ts';

/** Makes a player in a container. */
export type OpenPlayer = () => RecordingPlayer | undefined;

/** So near to now, somebody means now. */
const NOW_WITHIN_MS = 1_500;
/** A gap of less is none that anybody sees. */
const SEEN_GAP_MS = 1_000;

/** What is watched of the past in the place of the live picture; nothing at first, and after `goLive`. */
export class Playback {
  /** What its player does; undefined while the live picture is watched. */
  readonly state = signal<PlaybackState | undefined>(undefined);
  /** When the picture on the page was captured, in ms. */
  readonly positionMs = signal<number | undefined>(undefined);
  readonly rate = signal(1);
  /** The past is on the page. */
  readonly active = computed(() => this.state.value !== undefined);
  readonly playing = signal(false);
  readonly #open: OpenPlayer;
  readonly #nowMs: () => number;
  #player: RecordingPlayer | undefined;

  constructor({ open, nowMs }: { readonly open: OpenPlayer; readonly nowMs: () => number }) {
    this.#open = open;
    this.#nowMs = nowMs;
  }

  /** The player, while the past is on the page. */
  get player(): RecordingPlayer | undefined {
    return this.#player;
  }

  /** Shows the picture of a time; the live picture goes on in a corner. */
  watch(atMs: number): void {
    const player = this.#player ?? this.#begin();
    if (player === undefined) return;
    player.seek(Math.round(Math.min(atMs, this.#nowMs()) * 1000) as Parameters<RecordingPlayer['seek']>[0]);
    this.positionMs.value = atMs;
  }

  /** Goes so far forth or, negative, back; from now on when the live picture is watched. */
  skip(byMs: number): void {
    const to = (this.positionMs.value ?? this.#nowMs()) + byMs;
    if (to < this.#nowMs() - NOW_WITHIN_MS) this.watch(to);
    else this.goLive();
  }

  /** Plays, or stands still; the live picture stands still by becoming the past. */
  toggle(): void {
    if (this.#player === undefined) {
      this.watch(this.#nowMs());
      this.pause();
    } else if (this.playing.value) this.pause();
    else this.play();
  }

  play(): void {
    this.#player?.play();
    this.playing.value = this.#player !== undefined;
  }

  pause(): void {
    this.#player?.pause();
    this.playing.value = false;
  }

  /** One picture, or key frame, forth or back; stands still there. */
  step(direction: 1 | -1, by: 'frame' | 'key-frame' = 'frame'): void {
    if (this.#player === undefined) this.toggle();
    this.playing.value = false;
    this.#player?.step({ direction, by });
  }

  setRate(rate: number): void {
    this.rate.value = rate;
    this.#player?.setRate(rate);
  }

  /** Back to now. */
  goLive(): void {
    this.#player?.close();
    this.#player = undefined;
    this.state.value = undefined;
    this.positionMs.value = undefined;
    this.playing.value = false;
  }

  #begin(): RecordingPlayer | undefined {
    const player = this.#open();
    if (player === undefined) return undefined;
    this.#player = player;
    player.setRate(this.rate.value);
    this.playing.value = true;
    this.state.value = player.state;
    player.on('state', (state) => {
      if (state.kind !== 'closed') this.state.value = state;
    });
    player.on('time', ({ captureTime }) => {
      if (this.#player !== player) return;
      // While somebody drags, the playhead is where the finger is.
      if (player.state.kind !== 'seeking') this.positionMs.value = captureTime / 1000;
    });
    player.on('gap', ({ from, to }) => {
      if (to - from < SEEN_GAP_MS * 1000) return;
      say(`Nothing was recorded from ${clockOf(from / 1000)} to ${clockOf(to / 1000)}: skipped.`);
    });
    player.on('ended', ({ edge }) => {
      if (edge !== 'live' || this.#player !== player) return;
      this.goLive();
      say('This is live again.');
    });
    return player;
  }
}
