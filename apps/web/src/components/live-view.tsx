import type { LatencySummary, LiveState, PlayerStats } from '@pinhole/client';
import type { ComponentChildren } from 'preact';
import type { LiveCamera } from '../live-player-hook.ts';
import { isUpended, type ViewSettings } from '../view/view-settings.ts';
import '../view/turned.css';
import { Notice } from './notice.tsx';
import { StatePill } from './state-pill.tsx';

interface LiveViewProps {
  readonly label: string;
  readonly live: LiveCamera;
  /** How it is turned. */
  readonly view: ViewSettings;
  /** What lies on the picture, below the words. */
  readonly children?: ComponentChildren;
}

/** A camera's picture with what is true of it written on it. */
export const LiveView = ({ label, live, view, children }: LiveViewProps) => {
  const state = live.state.value;
  const stats = live.stats.value;
  return (
    <div
      class="live-view"
      data-stale={isStale(state)}
      data-placeholder={state.kind === 'no-signal'}
      data-turn={view.turn}
      data-mirrored={view.mirrored}
      style={shapeOf(stats, view)}
    >
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

/** Width to height as it is seen, and the width in pixels of the screen at which a pixel is a pixel. */
function shapeOf(stats: PlayerStats | undefined, view: ViewSettings): Readonly<Record<string, string>> {
  const { width = 16, height = 9 } = stats ?? {};
  const [wide, high] = isUpended(view) ? [height, width] : [width, height];
  if (stats?.width === undefined) return { '--shape': `${wide} / ${high}` };
  return { '--shape': `${wide} / ${high}`, '--original': `${wide / devicePixelRatio}px` };
}
