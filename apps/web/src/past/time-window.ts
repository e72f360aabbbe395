/** The stretch of time that a timeline shows, in ms since 1970. */
export interface TimeWindow {
  readonly fromMs: number;
  readonly toMs: number;
}

/** A line on the timeline with the time it stands for. */
export interface TimeTick {
  readonly atMs: number;
  readonly label: string;
  /** The first of its day. */
  readonly day: boolean;
}

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const SHORTEST = 20 * SECOND;
const LONGEST = 31 * DAY;
/** Of the window that follows the playhead, so much is before it. */
const BEFORE_PLAYHEAD = 0.75;
const LABEL_PIXELS = 84;
const STEPS = [
  ...[1, 2, 5, 10, 15, 30].map((seconds) => seconds * SECOND),
  ...[1, 2, 5, 10, 15, 30].map((minutes) => minutes * MINUTE),
  ...[1, 2, 3, 6, 12].map((hours) => hours * HOUR),
  ...[1, 2, 7].map((days) => days * DAY),
];

/** How long a window is. */
export const spanOf = ({ fromMs, toMs }: TimeWindow): number => toMs - fromMs;

/** The window that ends a little behind now. */
export const windowAt = (nowMs: number, spanMs: number): TimeWindow => ({
  fromMs: nowMs - spanMs * 0.97,
  toMs: nowMs + spanMs * 0.03,
});

/** Shows so many times as much; what is at `atMs` stays where it is. */
export function zoomed(
  window: TimeWindow,
  { factor, atMs }: { readonly factor: number; readonly atMs: number },
): TimeWindow {
  const span = Math.min(LONGEST, Math.max(SHORTEST, spanOf(window) * factor));
  const fromMs = atMs - shareOf(window, atMs) * span;
  return { fromMs, toMs: fromMs + span };
}

/** Shows what is earlier or later. */
export const moved = ({ fromMs, toMs }: TimeWindow, byMs: number): TimeWindow => ({
  fromMs: fromMs + byMs,
  toMs: toMs + byMs,
});

/** The same, or the next one that shows this time. */
export function followed(window: TimeWindow, atMs: number): TimeWindow {
  if (atMs >= window.fromMs && atMs <= window.toMs) return window;
  const fromMs = atMs - spanOf(window) * BEFORE_PLAYHEAD;
  return { fromMs, toMs: fromMs + spanOf(window) };
}

/** Where in the window a time is, 0 to 1. */
export const shareOf = (window: TimeWindow, atMs: number): number => (atMs - window.fromMs) / spanOf(window);

/** Which time is there. */
export const timeAt = (window: TimeWindow, share: number): number => window.fromMs + share * spanOf(window);

/** Round times by this device's calendar, as far apart as their labels need. */
export function ticksOf(window: TimeWindow, widthPixels: number): readonly TimeTick[] {
  const least = (spanOf(window) * LABEL_PIXELS) / Math.max(1, widthPixels);
  const step = STEPS.find((each) => each >= least) ?? 7 * DAY;
  const ticks: TimeTick[] = [];
  const zone = zoneMs(window.fromMs);
  for (let local = Math.ceil((window.fromMs + zone) / step) * step; ; local += step) {
    // The hour may change between two ticks.
    const atMs = local - zoneMs(local - zone);
    if (atMs > window.toMs) return ticks;
    const day = local % DAY === 0;
    ticks.push({ atMs, label: labelOf(atMs, { step, day }), day });
  }
}

const zoneMs = (atMs: number): number => -new Date(atMs).getTimezoneOffset() * MINUTE;

function labelOf(atMs: number, { step, day }: { readonly step: number; readonly day: boolean }): string {
  const date = new Date(atMs);
  if (day) return date.toLocaleDateString(undefined, { day: 'numeric', month: 'short' });
  const seconds = step < MINUTE ? ({ second: '2-digit' } as const) : {};
  return date.toLocaleTimeString(undefined, { hour: '2-digit', minute: '2-digit', ...seconds });
}
