import type { KeyMap } from '../keyboard.ts';
import { mark, toggleRecording } from './past-actions.ts';
import { mayRecord, mayWatchPast, type Past } from './past-hook.ts';
import { zoomTimeline } from './timeline.tsx';

const LONG_MS = 10_000;
const SHORT_MS = 1_000;

/** What keys do about the past. While the live picture is watched, arrows and Escape stay with the page. */
export function pastKeys(past: Past): KeyMap {
  const { playback, camera } = past;
  const recording: KeyMap = mayRecord(camera) ? { r: () => void toggleRecording(past) } : {};
  if (!mayWatchPast(camera)) return recording;
  const always: KeyMap = {
    ...recording,
    ' ': () => playback.toggle(),
    j: () => playback.skip(-LONG_MS),
    ',': () => playback.step(-1),
    '<': () => playback.step(-1, 'key-frame'),
    '[': () => mark(past, 'from'),
    ']': () => mark(past, 'to'),
    '+': () => zoomTimeline(past, 0.5),
    '=': () => zoomTimeline(past, 0.5),
    '-': () => zoomTimeline(past, 2),
    home: () => playback.watch(oldestMs(past)),
    'shift+arrowleft': () => playback.skip(-SHORT_MS),
  };
  if (!playback.active.value) return always;
  return {
    ...always,
    '.': () => playback.step(1),
    '>': () => playback.step(1, 'key-frame'),
    arrowleft: () => playback.skip(-LONG_MS),
    arrowright: () => playback.skip(LONG_MS),
    'shift+arrowright': () => playback.skip(SHORT_MS),
    end: () => playback.goLive(),
    l: () => playback.goLive(),
    escape: () => playback.goLive(),
  };
}

/** The oldest that is on the timeline. */
function oldestMs(past: Past): number {
  const { fromMs } = past.window.value;
  const { spans = [] } = past.watch.footage.value ?? {};
  const first = spans.find(({ to }) => to / 1000 > fromMs);
  return first === undefined ? past.nowMs() : Math.max(first.from / 1000, fromMs);
}
