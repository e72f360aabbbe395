import {
  type LatencySummary,
  LivePlayer,
  type LiveState,
  type PictureWays,
  type PlayerStats,
  type UnavailableWay,
} from '@pinhole/client';
import { type Signal, signal } from '@preact/signals';
import { type RefObject, useEffect, useMemo, useRef } from 'preact/compat';
import type { CameraSummary } from './session/api.ts';
import { token } from './session/token.ts';
import { type CurrentWay, waysOf } from './view/picture-ways.ts';
import type { Mode } from './view/view-settings.ts';

/** A camera on this page: where its picture goes, and what is known of it. */
export interface LiveCamera {
  readonly container: RefObject<HTMLDivElement | null>;
  readonly player: RefObject<LivePlayer | null>;
  readonly state: Signal<LiveState>;
  readonly latency: Signal<LatencySummary | undefined>;
  readonly stats: Signal<PlayerStats | undefined>;
  /** How the picture comes; undefined before the first. */
  readonly way: Signal<CurrentWay | undefined>;
  /** Ways that are wanted and do not work now. */
  readonly unavailable: Signal<readonly UnavailableWay[]>;
}

const CONNECTING: LiveState = {
  kind: 'connecting',
  stage: 'start',
  code: 'client/connecting',
  reason: 'Asking the server for the picture.',
};

/** Where somebody wants H.264 of a JPEG camera all the same, for the bit rate, a link with `?transport=webrtc` says so. */
const ways = (mode: Mode, { jpeg }: CameraSummary): PictureWays =>
  waysOf(mode, { jpeg: jpeg && new URLSearchParams(location.search).get('transport') !== 'webrtc' });

/** Plays a camera while the component is on the page; another mode is another way for the picture that plays. */
export function useLivePlayer(camera: CameraSummary, mode: Mode): LiveCamera {
  const container = useRef<HTMLDivElement>(null);
  const player = useRef<LivePlayer>(null);
  const playing = useRef<Mode>(mode);
  const signals = useMemo(
    () => ({
      state: signal<LiveState>(CONNECTING),
      latency: signal<LatencySummary | undefined>(undefined),
      stats: signal<PlayerStats | undefined>(undefined),
      way: signal<CurrentWay | undefined>(undefined),
      unavailable: signal<readonly UnavailableWay[]>([]),
    }),
    [],
  );

  useEffect(() => {
    if (!container.current) return;
    signals.state.value = CONNECTING;
    signals.latency.value = undefined;
    signals.stats.value = undefined;
    signals.way.value = undefined;
    signals.unavailable.value = [];
    const opened = new LivePlayer({
      camera: camera.id,
      container: container.current,
      ...ways(mode, camera),
      ...(token.value !== undefined && { token: token.value }),
    });
    const look = (): void => {
      const { unavailable } = opened;
      // Nothing is drawn anew for nothing that failed.
      if (unavailable.length + signals.unavailable.value.length > 0) signals.unavailable.value = unavailable;
    };
    opened.on('state', (state) => {
      signals.state.value = state;
      look();
    });
    opened.on('transport', ({ transport, player: shownBy }) => {
      signals.way.value = { transport, player: shownBy };
      look();
    });
    opened.on('latency', (latency) => {
      signals.latency.value = latency;
    });
    opened.on('stats', (stats) => {
      signals.stats.value = stats;
      look();
    });
    player.current = opened;
    playing.current = mode;
    opened.open();
    return () => {
      player.current = null;
      opened.close();
    };
  }, [camera.id, camera.jpeg, token.value, signals]);

  useEffect(() => {
    if (playing.current === mode) return;
    playing.current = mode;
    player.current?.use(ways(mode, camera));
  }, [mode, camera]);

  return { container, player, ...signals };
}
