import { useEffect, useState } from 'preact/hooks';
import type { LinkState } from './link-state.ts';

const LOOKS = {
  connecting: { tone: 'waiting', mark: '◌', word: 'Connecting' },
  joined: { tone: 'live', mark: '●', word: 'Connected' },
  reconnecting: { tone: 'waiting', mark: '↻', word: 'Reconnecting' },
  refused: { tone: 'frozen', mark: '✕', word: 'Refused' },
} as const;

/** How the page is connected: a mark and a word; while it is not, when it tries again. */
export const LinkPill = ({ link }: { readonly link: LinkState }) => {
  const { tone, mark, word } = LOOKS[link.kind];
  return (
    <span
      class="chip pill"
      data-tone={tone}
      data-link={link.kind}
      title={'reason' in link ? link.reason : word}
    >
      <span class="mark" aria-hidden="true">
        {mark}
      </span>
      <span role="status">{word}</span>
      {link.kind === 'reconnecting' && <Countdown to={link.nextAt} />}
    </span>
  );
};

/** Seconds until then; not for screen readers, which would read each. */
function Countdown({ to }: { readonly to: number }) {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 500);
    return () => clearInterval(timer);
  }, []);
  const seconds = Math.ceil((to - now) / 1000);
  return <span aria-hidden="true">{seconds > 0 ? `in ${seconds} s` : '…'}</span>;
}

/** Why there is no connection, and what a person can do. */
export const LinkFault = ({ link }: { readonly link: LinkState }) => {
  if (link.kind === 'refused')
    return (
      <p class="link-fault" role="alert">
        <strong>{link.reason}</strong> {link.action}
      </p>
    );
  if (link.kind === 'reconnecting') return <p class="link-fault">{link.reason}</p>;
  return null;
};
