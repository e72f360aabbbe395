import type { LatencySummary, LiveState, PlayerStats } from '@pinhole/client';
import type { ComponentChildren } from 'preact';
import type { LiveCamera } from '../live-player-hook.ts';
import { Notice } from './notice.tsx';
import { StatePill } from './state-pill.tsx';

interface LiveViewProps {
  readonly label: string;
  readonly live: LiveCamera;
  /** What lies on the picture, below the words. */
  readonly children?: ComponentChildren;
}

/** A camera's picture with what is true of it written on it. */
export const LiveView = ({ label, live, children }: LiveViewProps) => {
  const state = live.state.value;
  const stats = live.stats.value;
  return (
    <div class="live-view" data-stale={isStale(state)} style={shapeOf(stats)}>
      <div class="picture" ref={live.container} />
      {children}
      <Notice state={state} />
      <div class="overlay-top">
        <span class="chip name">{label}</span>
        <StatePill state={state} />
        {isStale(state) || <LatencyChip latency={live.latency.value} />}
      </div>
    </div>
  );
};

/** Names of what carries and what decodes the picture, as people know them. */
export const TRANSPORT_NAMES = { webrtc: 'WebRTC', websocket: 'WebSocket', janus: 'Janus' } as const;

const LatencyChip = ({ latency }: { readonly latency: LatencySummary | undefined }) =>
  latency === undefined ? null : (
    <span
      class="chip latency"
      title={`From capture to paint; 95 of 100 frames within ${Math.round(latency.p95Ms)} ms`}
    >
      {Math.round(latency.p50Ms)} ms
    </span>
  );

const isStale = (state: LiveState): boolean =>
  state.kind === 'frozen' ||
  state.kind === 'offline' ||
  state.kind === 'refused' ||
  state.kind === 'no-signal' ||
  (state.kind === 'reconnecting' && state.since !== undefined);

const shapeOf = (stats: PlayerStats | undefined) =>
  stats?.width !== undefined && stats.height !== undefined
    ? { '--shape': `${stats.width} / ${stats.height}` }
    : {};
