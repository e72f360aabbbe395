import { useEffect, useState } from 'preact/hooks';
import type { Past } from './past-hook.ts';
import { shareOf, spanOf } from './time-window.ts';
import { clockOf, momentOf } from './time-words.ts';

/** The hand has to rest for so long before a picture is asked for. */
const REST_MS = 120;
/** So many pictures there are on a timeline at most. */
const PICTURES = 120;
const DAY_MS = 86_400_000;
/** The box is so wide; it stays on the page. */
const HALF_WIDTH = '88px';

/** The time under the pointer, and what was to be seen then. */
export function ThumbnailHover({ past, atMs }: { readonly past: Past; readonly atMs: number }) {
  const [picture, setPicture] = useState<string>();
  const window = past.window.value;
  const span = spanOf(window);
  const stepMs = Math.max(1_000, 2 ** Math.ceil(Math.log2(span / PICTURES)));
  const key = Math.floor(atMs / stepMs);

  useEffect(() => {
    let left = false;
    const timer = setTimeout(() => {
      void past.thumbnails.at(atMs, stepMs).then((url) => {
        if (!left) setPicture(url);
      });
    }, REST_MS);
    return () => {
      left = true;
      clearTimeout(timer);
    };
  }, [key, stepMs, past]);

  const share = Math.min(1, Math.max(0, shareOf(window, atMs)));
  return (
    <div
      class="timeline-hover"
      style={{ left: `clamp(${HALF_WIDTH}, ${share * 100}%, calc(100% - ${HALF_WIDTH}))` }}
    >
      {picture !== undefined && <img src={picture} alt="" />}
      <span>{span > DAY_MS ? momentOf(atMs) : clockOf(atMs)}</span>
    </div>
  );
}
