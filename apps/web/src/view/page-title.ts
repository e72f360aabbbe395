import { useEffect } from 'preact/hooks';
import type { LiveCamera } from '../live-player-hook.ts';
import { nameOf } from './picture-ways.ts';

/** Writes into the title of the page what a tab among many should tell: the camera, how it comes, and that it does not. */
export function usePageTitle(label: string, live: LiveCamera): void {
  const { kind } = live.state.value;
  const way = live.way.value;
  const { width, height } = live.stats.value ?? {};
  const parts = [
    WRONG[kind],
    label,
    way && nameOf(way),
    width === undefined ? undefined : `${width}×${height}`,
    'Pinhole',
  ];
  const title = parts.filter((part) => part !== undefined).join(' · ');
  useEffect(() => {
    document.title = title;
  }, [title]);
  useEffect(
    () => () => {
      document.title = 'Pinhole';
    },
    [],
  );
}

const WRONG: Readonly<Partial<Record<LiveCamera['state']['value']['kind'], string>>> = {
  frozen: 'Frozen',
  offline: 'Offline',
  'no-signal': 'No signal',
  refused: 'Refused',
};
