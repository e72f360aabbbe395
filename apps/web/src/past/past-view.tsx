import type { PlaybackState } from '@pinhole/client/recordings';
import type { Past } from './past-hook.ts';
import { clockOf, exactClockOf, lengthOf, momentOf } from './time-words.ts';

const DAY_MS = 86_400_000;

/** The picture of the past, over the live one, with what is true of it written on it. */
export function PastView({ past, label }: { readonly past: Past; readonly label: string }) {
  const { state, positionMs, playing } = past.playback;
  const { value: now } = state;
  const at = positionMs.value;
  const ageMs = at === undefined ? 0 : past.nowMs() - at;
  return (
    <div class="past-view" data-on={now !== undefined}>
      <div class="past-picture" ref={past.container} />
      {now !== undefined && (
        <>
          <Words state={now} />
          <div class="overlay-top">
            <span class="chip name">{label}</span>
            <span class="chip pill past-pill" data-tone="past" data-state={now.kind} title={now.reason}>
              <span class="mark" aria-hidden="true">
                {playing.value ? '▶' : '❚❚'}
              </span>
              {ageMs > DAY_MS ? 'Recorded' : `−${lengthOf(ageMs)}`}
            </span>
            {at !== undefined && (
              <time class="chip past-time" dateTime={new Date(at).toISOString()}>
                {playing.value ? momentOf(at) : `${momentOf(at).split(',')[0]}, ${exactClockOf(at)}`}
              </time>
            )}
          </div>
        </>
      )}
    </div>
  );
}

/** What to say over the picture, when there is something to say; with what a person can do about it. */
const Words = ({ state }: { readonly state: PlaybackState }) => {
  const title = TITLES[state.kind];
  if (title === undefined) return null;
  return (
    <div class="past-words" role="status">
      <strong>{title}</strong>
      {state.kind === 'gap' ? (
        <p>
          Nothing was recorded from {clockOf(state.from / 1000)} to {clockOf(state.to / 1000)}.
        </p>
      ) : (
        <p>{state.reason}</p>
      )}
      {'action' in state && <p>{state.action}</p>}
    </div>
  );
};

const TITLES: Readonly<Partial<Record<PlaybackState['kind'], string>>> = {
  ended: 'The end of the recordings',
  gap: 'A gap',
  reconnecting: 'Reconnecting…',
  refused: 'The server refuses',
  failed: 'This browser cannot play it',
};
