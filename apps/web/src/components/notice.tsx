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
      {state.kind === 'no-signal' ? <NoSignal /> : <p>{state.reason}</p>}
      {since !== undefined && <p>The picture is from {clockOf(since)}.</p>}
      {state.kind === 'refused' && <p>{state.action}</p>}
    </div>
  );
};

/** What stands in the reason, as a list to go through. */
const NoSignal = () => (
  <ul class="to-check">
    <li>Is it switched on, and not asleep?</li>
    <li>Is the video cable in at both ends?</li>
    <li>Does the capture device take its resolution?</li>
  </ul>
);

function titleOf(state: LiveState): string {
  switch (state.kind) {
    case 'connecting':
      return 'Connecting…';
    case 'frozen':
      return 'The picture stands still';
    case 'offline':
      return 'Camera offline';
    case 'no-signal':
      return 'No signal from the host';
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
