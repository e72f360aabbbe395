import type { LiveState } from '@pinhole/client';

/** The time of day of a moment. */
const clockOf = (at: number): string => new Date(at).toLocaleTimeString();

/** What to say over the picture, when there is something to say; with what a person can do about it. */
export const Notice = ({ state }: { readonly state: LiveState }) => {
  if (state.kind === 'live' || state.kind === 'lagging') return null;
  const since = 'since' in state ? state.since : undefined;
  return (
    <div class="notice" role={state.kind === 'connecting' ? undefined : 'status'}>
      <strong>{titleOf(state)}</strong>
      <p>{state.reason}</p>
      {since !== undefined && <p>The picture is from {clockOf(since)}.</p>}
      {state.kind === 'refused' && <p>{state.action}</p>}
    </div>
  );
};

function titleOf(state: LiveState): string {
  switch (state.kind) {
    case 'connecting':
      return 'Connecting…';
    case 'frozen':
      return 'The picture stands still';
    case 'offline':
      return 'Camera offline';
    case 'reconnecting':
      return `Reconnecting (try ${state.tries + 1})…`;
    case 'refused':
      return 'The server refuses';
    case 'closed':
      return 'Closed';
    case 'live':
    case 'lagging':
      return '';
  }
}
