import type { RecordingPlayer, RecordingsApi } from '@pinhole/client/recordings';
import { type Signal, signal } from '@preact/signals';
import { type RefObject, useEffect, useMemo, useRef } from 'preact/compat';
import { say } from '../components/toast.tsx';
import type { LiveCamera } from '../live-player-hook.ts';
import type { CameraSummary } from '../session/api.ts';
import { token } from '../session/token.ts';
import { Playback } from './playback.ts';
import { RecordingWatch } from './recording-watch.ts';
import { Thumbnails } from './thumbnails.ts';
import { followed, type TimeWindow, windowAt } from './time-window.ts';

/** The stretch that somebody marked, in ms. */
export interface Marks {
  readonly fromMs?: number;
  readonly toMs?: number;
}

/** The past of the camera on the page. */
export interface Past {
  readonly camera: CameraSummary;
  /** Where the pictures of the past go. */
  readonly container: RefObject<HTMLDivElement | null>;
  readonly playback: Playback;
  readonly watch: RecordingWatch;
  readonly thumbnails: Thumbnails;
  readonly window: Signal<TimeWindow>;
  readonly marks: Signal<Marks>;
  /** Undefined until its code is loaded. */
  readonly api: RecordingsApi | undefined;
  /** What the camera's clock says now. */
  nowMs(): number;
  /** Shows another stretch on the timeline. */
  look(window: TimeWindow): void;
}

const FIRST_WINDOW_MS = 30 * 60_000;

/** What this token may do with the past of a camera. */
export const mayWatchPast = ({ rights }: CameraSummary): boolean => rights.includes('download');
export const mayRecord = ({ rights }: CameraSummary): boolean => rights.includes('record');

/** Keeps the past of a camera while the component is on the page; nothing is asked where the token has no right to it. */
export function usePast(camera: CameraSummary, live: LiveCamera): Past {
  const container = useRef<HTMLDivElement>(null);
  const rights = camera.rights.join(' ');
  const past = useMemo(() => new PastOfCamera({ camera, container, live }), [camera.id, rights, token.value]);
  useEffect(() => {
    void past.open();
    return () => past.close();
  }, [past]);
  return past;
}

class PastOfCamera implements Past {
  readonly camera: CameraSummary;
  readonly container: RefObject<HTMLDivElement | null>;
  readonly playback: Playback;
  readonly watch = new RecordingWatch();
  readonly window: Signal<TimeWindow>;
  readonly marks = signal<Marks>({});
  readonly #live: LiveCamera;
  readonly thumbnails: Thumbnails;
  #api: RecordingsApi | undefined;
  #open: ((container: HTMLElement) => RecordingPlayer) | undefined;
  #closed = false;
  #unfollow: (() => void) | undefined;

  constructor(options: {
    readonly camera: CameraSummary;
    readonly container: RefObject<HTMLDivElement | null>;
    readonly live: LiveCamera;
  }) {
    this.camera = options.camera;
    this.container = options.container;
    this.#live = options.live;
    this.window = signal(windowAt(Date.now(), FIRST_WINDOW_MS));
    this.thumbnails = new Thumbnails((atMs) => this.#thumbnail(atMs));
    this.playback = new Playback({
      nowMs: () => this.nowMs(),
      open: () => {
        const { current } = this.container;
        if (current && this.#open) return this.#open(current);
        say('The player for the past is still being loaded.');
        return undefined;
      },
    });
  }

  get api(): RecordingsApi | undefined {
    return this.#api;
  }

  async open(): Promise<void> {
    if (!(mayWatchPast(this.camera) || mayRecord(this.camera))) return;
    // Loaded beside the picture, not before it.
    const { RecordingPlayer, RecordingsApi } = await import('@pinhole/client/recordings');
    if (this.#closed) return;
    const address = { camera: this.camera.id, ...(token.value !== undefined && { token: token.value }) };
    this.#api = new RecordingsApi(address);
    this.#open = (container) => new RecordingPlayer({ ...address, container });
    if (mayWatchPast(this.camera)) this.watch.look(this.window.value);
    this.watch.open(this.#api);
    this.#unfollow = this.playback.positionMs.subscribe((atMs) => {
      if (atMs !== undefined && this.playback.playing.value) this.look(followed(this.window.value, atMs));
    });
  }

  close(): void {
    this.#closed = true;
    this.#unfollow?.();
    this.playback.goLive();
    this.watch.close();
    this.thumbnails.clear();
  }

  nowMs(): number {
    const painted = this.playback.active.value
      ? undefined
      : this.#live.player.current?.lastFrame?.captureTime;
    const { kind } = this.#live.state.value;
    // The live picture knows it best: by the camera's own clock, and to the frame.
    if (painted !== undefined && (kind === 'live' || kind === 'lagging')) return painted / 1000;
    return (this.#api?.now() ?? Date.now() * 1000) / 1000;
  }

  look(window: TimeWindow): void {
    if (window === this.window.value) return;
    this.window.value = window;
    this.watch.look(window);
  }

  async #thumbnail(atMs: number): Promise<Blob | undefined> {
    return this.#api?.thumbnail(Math.round(atMs * 1000) as Parameters<RecordingsApi['thumbnail']>[0]);
  }
}
