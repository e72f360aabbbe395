import type { LiveState } from '@pinhole/client';

/** How a state looks; never by its colour alone. */
const LOOKS = {
  connecting: { tone: 'waiting', mark: '◌', word: 'Connecting' },
  live: { tone: 'live', mark: '●', word: 'Live' },
  lagging: { tone: 'lagging', mark: '◐', word: 'Lagging' },
  frozen: { tone: 'frozen', mark: '■', word: 'Frozen' },
  offline: { tone: 'frozen', mark: '✕', word: 'Offline' },
  'no-signal': { tone: 'frozen', mark: '⊟', word: 'No signal' },
  reconnecting: { tone: 'waiting', mark: '↻', word: 'Reconnecting' },
  refused: { tone: 'frozen', mark: '✕', word: 'Refused' },
  closed: { tone: 'frozen', mark: '✕', word: 'Closed' },
} as const;

/** What the picture is right now: a mark, a word, and why in the tooltip. */
export const StatePill = ({ state }: { readonly state: LiveState }) => {
  const { tone, mark, word } = LOOKS[state.kind];
  const cause = state.kind === 'frozen' ? `: ${state.cause}` : '';
  return (
    <span class="chip pill" data-tone={tone} data-state={state.kind} title={state.reason}>
      <span class="mark" aria-hidden="true">
        {mark}
      </span>
      {word}
      {cause}
    </span>
  );
};
