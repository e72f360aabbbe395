import { useEffect, useRef, useState } from 'preact/hooks';
import type { Past } from './past-hook.ts';
import { ThumbnailHover } from './thumbnail-hover.tsx';
import { shareOf, spanOf, type TimeWindow, ticksOf, zoomed } from './time-window.ts';
import { momentOf } from './time-words.ts';
import { useTimelineHands } from './timeline-hands.ts';
import { TimelineTrack } from './timeline-track.tsx';

/** So often the edge of now moves, at least. */
const NOW_EVERY_MS = 500;
/** Let go so near to now, it is now that is meant. */
const NOW_PIXELS = 6;

/** The recorded past of the camera: what there is, what is missing, and where the picture on the page is in it. */
export function Timeline({ past }: { readonly past: Past }) {
  const track = useRef<HTMLDivElement>(null);
  const [hoverMs, setHover] = useState<number>();
  const [dragMs, setDrag] = useState<number>();
  const wasPlaying = useRef(true);
  const { playback } = past;
  const window = past.window.value;
  const nowMs = useNow(past);
  const width = useWidth(track);
  const positionMs = dragMs ?? playback.positionMs.value ?? nowMs;

  const scrub = (atMs: number, phase: 'press' | 'drag' | 'release'): void => {
    if (phase === 'press') {
      wasPlaying.current = playback.playing.value || !playback.active.value;
      // A press on now, with the live picture there, asks for nothing.
      if (isNow(atMs) && !playback.active.value) return;
      setDrag(atMs);
      playback.watch(atMs);
      playback.pause();
    } else if (phase === 'drag') {
      setDrag(atMs);
      playback.watch(atMs);
      playback.pause();
    } else {
      setDrag(undefined);
      if (isNow(atMs)) playback.goLive();
      else if (wasPlaying.current) playback.play();
    }
  };
  const isNow = (atMs: number): boolean =>
    atMs >= past.nowMs() - (NOW_PIXELS * spanOf(window)) / Math.max(1, width);

  useTimelineHands(track, {
    window: () => past.window.value,
    look: (wanted) => past.look(wanted),
    scrub,
    hover: setHover,
  });

  return (
    <div class="timeline">
      <div
        class="timeline-hand"
        ref={track}
        role="slider"
        tabIndex={0}
        data-to={Math.round(window.toMs)}
        aria-label="Recorded time"
        aria-valuemin={Math.round(window.fromMs)}
        aria-valuemax={Math.round(Math.min(window.toMs, nowMs))}
        aria-valuenow={Math.round(positionMs)}
        aria-valuetext={playback.active.value ? momentOf(positionMs) : 'Live'}
        onKeyDown={(event) => answerZoom(event, past)}
      >
        <TimelineTrack past={past} nowMs={nowMs} />
        <span
          class="timeline-head"
          data-live={!playback.active.value}
          style={{ left: `${clamped(shareOf(window, positionMs)) * 100}%` }}
          hidden={positionMs < window.fromMs || positionMs > window.toMs}
        />
        {hoverMs !== undefined && <ThumbnailHover past={past} atMs={Math.min(hoverMs, nowMs)} />}
      </div>
      <Ticks window={window} width={width} />
    </div>
  );
}

const Ticks = ({ window, width }: { readonly window: TimeWindow; readonly width: number }) => (
  <div class="timeline-ticks" aria-hidden="true">
    {ticksOf(window, width).map(({ atMs, label, day }) => (
      <span key={atMs} data-day={day} style={{ left: `${shareOf(window, atMs) * 100}%` }}>
        {label}
      </span>
    ))}
  </div>
);

/** The other keys are the page's. */
function answerZoom(event: KeyboardEvent, past: Past): void {
  const factor = { '+': 0.5, '=': 0.5, '-': 2 }[event.key];
  if (factor === undefined || event.ctrlKey || event.metaKey) return;
  event.preventDefault();
  zoomTimeline(past, factor);
}

/** Shows so many times as much, around the picture on the page. */
export function zoomTimeline(past: Past, factor: number): void {
  const { value } = past.window;
  const at = past.playback.positionMs.value ?? past.nowMs();
  const middle = (value.fromMs + value.toMs) / 2;
  past.look(zoomed(value, { factor, atMs: at >= value.fromMs && at <= value.toMs ? at : middle }));
}

/** What time it is. The window goes with it while it shows now and the live picture is watched. */
function useNow(past: Past): number {
  const [nowMs, setNow] = useState(() => past.nowMs());
  useEffect(() => {
    let before = past.nowMs();
    const timer = setInterval(() => {
      const now = past.nowMs();
      const { value } = past.window;
      if (!past.playback.active.value && before <= value.toMs && before >= value.fromMs && now > before) {
        past.window.value = { fromMs: value.fromMs + now - before, toMs: value.toMs + now - before };
      }
      before = now;
      setNow(now);
    }, NOW_EVERY_MS);
    return () => clearInterval(timer);
  }, [past]);
  return nowMs;
}

function useWidth(element: { readonly current: HTMLElement | null }): number {
  const [width, setWidth] = useState(600);
  useEffect(() => {
    if (!element.current) return undefined;
    const observer = new ResizeObserver(([entry]) => setWidth(entry?.contentRect.width ?? 600));
    observer.observe(element.current);
    return () => observer.disconnect();
  }, [element]);
  return width;
}

const clamped = (share: number): number => Math.min(1, Math.max(0, share));
