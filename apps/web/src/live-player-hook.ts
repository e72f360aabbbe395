import {
  type LatencySummary,
  LivePlayer,
  type LivePlayerOptions,
  type LiveState,
  type PlayerStats,
} from '@pinhole/client';
import { type Signal, signal } from '@preact/signals';
import { type RefObject, useEffect, useMemo, useRef } from 'preact/compat';
import type { CameraSummary } from './session/api.ts';
import { token } from './session/token.ts';

/** A camera on this page: where its picture goes, and what is known of it. */
export interface LiveCamera {
  readonly container: RefObject<HTMLDivElement | null>;
  readonly player: RefObject<LivePlayer | null>;
  readonly state: Signal<LiveState>;
  readonly latency: Signal<LatencySummary | undefined>;
  readonly stats: Signal<PlayerStats | undefined>;
}

const CONNECTING: LiveState = {
  kind: 'connecting',
  stage: 'start',
  code: 'client/connecting',
  reason: 'Asking the server for the picture.',
};

/**
 * A camera's own JPEG pictures cost no encoder in the server, no time for encoding and decoding, and are as good as the
 * camera makes them. Where somebody wants H.264 by WebRTC all the same, for the bit rate, `?transport=webrtc` says so.
 */
const waysTo = ({ jpeg }: CameraSummary): Pick<LivePlayerOptions, 'transports' | 'players'> =>
  jpeg && new URLSearchParams(location.search).get('transport') !== 'webrtc'
    ? { transports: ['websocket'], players: ['jpeg', 'webcodecs', 'mse'] }
    : {};

/** Plays a camera while the component is on the page. */
export function useLivePlayer(camera: CameraSummary): LiveCamera {
  const container = useRef<HTMLDivElement>(null);
  const player = useRef<LivePlayer>(null);
  const signals = useMemo(
    () => ({
      state: signal<LiveState>(CONNECTING),
      latency: signal<LatencySummary | undefined>(undefined),
      stats: signal<PlayerStats | undefined>(undefined),
    }),
    [],
  );

  useEffect(() => {
    if (!container.current) return;
    signals.state.value = CONNECTING;
    signals.latency.value = undefined;
    signals.stats.value = undefined;
    const opened = new LivePlayer({
      camera: camera.id,
      container: container.current,
      ...waysTo(camera),
      ...(token.value !== undefined && { token: token.value }),
    });
    opened.on('state', (state) => {
      signals.state.value = state;
    });
    opened.on('latency', (latency) => {
      signals.latency.value = latency;
    });
    opened.on('stats', (stats) => {
      signals.stats.value = stats;
    });
    player.current = opened;
    opened.open();
    return () => {
      player.current = null;
      opened.close();
    };
  }, [camera.id, camera.jpeg, token.value, signals]);

  return { container, player, ...signals };
}
