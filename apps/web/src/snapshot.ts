import type { LivePlayer } from '@pinhole/client';
import { type Orientation, turnedFile } from './view/turned-picture.ts';
import { isTurned } from './view/view-settings.ts';

/** Where a picture comes from, and when it was captured, in ms; now unless told. */
export interface SnapshotOf {
  readonly label: string;
  readonly at?: number;
  /** How it is seen, and saved. */
  readonly orientation: Orientation;
}

/**
 * Saves the picture on the page as a file.
 * @returns what to tell the person.
 * @throws {Error} in words for people, when there is no picture.
 */
export async function saveSnapshot(
  player: Pick<LivePlayer, 'snapshot'>,
  { label, at = Date.now(), orientation }: SnapshotOf,
): Promise<string> {
  // Without loss where it is encoded once more.
  const picture = isTurned(orientation)
    ? await turnedFile(await player.snapshot({ type: 'image/png' }), orientation)
    : await player.snapshot();
  const name = `${label.replace(/[^\p{L}\p{N}]+/gu, '-')}-${new Date(at).toISOString().replace(/[:.]/g, '-')}.jpg`;
  const link = document.createElement('a');
  link.href = URL.createObjectURL(picture);
  link.download = name;
  link.click();
  // The browser has to take hold of the address before it goes.
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
  return `Saved ${name}`;
}
