import type { Past } from './past-hook.ts';
import { shareOf, type TimeWindow } from './time-window.ts';

/** On a scale of its own, so that strokes are not stretched into view by the box. */
const WIDE = 10_000;

interface Stretch {
  readonly fromMs: number;
  readonly toMs: number;
}

/** What there is of the time on the timeline. */
export function TimelineTrack({ past, nowMs }: { readonly past: Past; readonly nowMs: number }) {
  const window = past.window.value;
  const { spans = [], files = [] } = past.watch.footage.value ?? {};
  const rewind = past.watch.recording.value?.rewind;
  const { fromMs, toMs } = past.marks.value;
  const onDisk = spans.filter(({ inMemory }) => !inMemory).map(stretchOf);
  const onDemand = files
    .filter((file) => file.onDemand !== undefined)
    .map(({ start, end }) => ({ fromMs: start / 1000, toMs: end / 1000 }));
  return (
    <svg class="timeline-track" viewBox={`0 0 ${WIDE} 44`} preserveAspectRatio="none" aria-hidden="true">
      <rect class="nothing" x="0" y="10" width={WIDE} height="24" />
      <Stretches name="recorded" all={onDisk} window={window} y={10} height={24} />
      {/* Memory reaches up to now, whenever it was asked about. */}
      {rewind && (
        <Stretches
          name="memory"
          all={[{ fromMs: rewind.from / 1000, toMs: nowMs }]}
          window={window}
          y={28}
          height={6}
        />
      )}
      <Stretches name="on-demand" all={onDemand} window={window} y={10} height={5} />
      <Stretches
        name="future"
        all={[{ fromMs: nowMs, toMs: window.toMs }]}
        window={window}
        y={0}
        height={44}
      />
      {fromMs !== undefined && toMs !== undefined && (
        <Stretches name="marked" all={[{ fromMs, toMs }]} window={window} y={2} height={40} />
      )}
      {[fromMs, toMs].map(
        (mark) =>
          mark !== undefined && (
            <line key={mark} class="mark-line" x1={xOf(window, mark)} x2={xOf(window, mark)} y1="0" y2="44" />
          ),
      )}
      <line class="now" x1={xOf(window, nowMs)} x2={xOf(window, nowMs)} y1="2" y2="42" />
    </svg>
  );
}

interface StretchesProps {
  readonly name: string;
  readonly all: readonly Stretch[];
  readonly window: TimeWindow;
  readonly y: number;
  readonly height: number;
}

const Stretches = ({ name, all, window, y, height }: StretchesProps) => (
  <>
    {all
      .filter(({ fromMs, toMs }) => toMs > window.fromMs && fromMs < window.toMs)
      .map(({ fromMs, toMs }) => {
        const [x, end] = [Math.max(0, xOf(window, fromMs)), Math.min(WIDE, xOf(window, toMs))];
        // What is too short for its pixel is seen all the same.
        return <rect key={fromMs} class={name} x={x} y={y} width={Math.max(6, end - x)} height={height} />;
      })}
  </>
);

const xOf = (window: TimeWindow, atMs: number): number => shareOf(window, atMs) * WIDE;
const stretchOf = ({ from, to }: { readonly from: number; readonly to: number }): Stretch => ({
  fromMs: from / 1000,
  toMs: to / 1000,
});
