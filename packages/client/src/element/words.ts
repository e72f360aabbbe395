import type { LiveState } from '../liveness/live-state.ts';

/** How a state is shown: never by colour alone. */
export interface StateWords {
  readonly icon: string;
  readonly label: string;
  readonly tone: 'good' | 'warn' | 'bad';
  /** A sentence, and what to do, unless the picture is fine. */
  readonly notice: string;
}

/** The words for a state. `at` is a point of the local clock as a time of day. */
export function wordsOf(state: LiveState, at: (time: number) => string): StateWords {
  switch (state.kind) {
    case 'live':
      return { icon: '●', label: 'Live', tone: 'good', notice: '' };
    case 'lagging':
      return { icon: '◐', label: 'Lagging', tone: 'warn', notice: '' };
    case 'connecting':
      return { icon: '…', label: 'Connecting', tone: 'warn', notice: sentence(state.reason) };
    case 'frozen':
      return {
        icon: '❚❚',
        label: `Frozen at ${at(state.since)}`,
        tone: 'bad',
        notice: sentence(state.reason),
      };
    case 'offline':
      return { icon: '✕', label: offlineLabel(state.since, at), tone: 'bad', notice: sentence(state.reason) };
    case 'no-signal':
      return { icon: '⊟', label: 'No signal', tone: 'bad', notice: sentence(state.reason) };
    case 'reconnecting': {
      const when = state.nextInMs > 0 ? ` Next try in ${Math.ceil(state.nextInMs / 1000)} s.` : '';
      const last = state.since === undefined ? '' : `, last picture ${at(state.since)}`;
      const label = `Reconnecting (${state.tries})${last}`;
      return { icon: '↻', label, tone: 'bad', notice: `${sentence(state.reason)}${when}` };
    }
    case 'refused':
      return {
        icon: '⊘',
        label: 'Refused',
        tone: 'bad',
        notice: `${sentence(state.reason)} ${state.action}`,
      };
    case 'closed':
      return { icon: '■', label: 'Closed', tone: 'warn', notice: '' };
  }
}

const offlineLabel = (since: number | undefined, at: (time: number) => string): string =>
  since === undefined ? 'Offline' : `Offline since ${at(since)}`;

/** Servers do not always write whole sentences. */
const sentence = (text: string): string => {
  const capital = `${text.slice(0, 1).toUpperCase()}${text.slice(1)}`;
  return /[.!?]$/.test(capital) ? capital : `${capital}.`;
};

/** The picture on the page is old and must not pass for what is there now. */
export const isStale = ({ kind }: LiveState): boolean => kind !== 'live' && kind !== 'lagging';
