import { useLayoutEffect, useRef } from 'preact/hooks';
import type { Happenings } from './happenings.ts';

/** Near enough to the end to be taken along by what comes. */
const NEAR_END_PIXELS = 40;

/** What happened, newest last; screen readers say what is new when they have nothing else to say. */
export function HappeningsLog({ happenings }: { readonly happenings: Happenings }) {
  const list = useRef<HTMLDivElement>(null);
  const follows = useRef(true);
  const lines = happenings.lines.value;
  useLayoutEffect(() => {
    const { current } = list;
    if (current && follows.current) current.scrollTop = current.scrollHeight;
  }, [lines]);
  const scrolled = (): void => {
    const { current } = list;
    if (current)
      follows.current = current.scrollHeight - current.scrollTop - current.clientHeight < NEAR_END_PIXELS;
  };
  return (
    <div class="happenings" role="log" aria-label="What happened" ref={list} onScroll={scrolled}>
      <ol>
        {lines.map(({ id, at, words, times }) => (
          <li key={id}>
            <time>{new Date(at).toLocaleTimeString()}</time> {words}
            {times > 1 && <span class="times"> {times} times</span>}
          </li>
        ))}
      </ol>
    </div>
  );
}
