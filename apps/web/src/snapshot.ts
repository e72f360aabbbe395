import type { LivePlayer } from '@pinhole/client';

/**
 * Saves the picture on the page as a file.
 * @returns what to tell the person.
 * @throws {Error} in words for people, when there is no picture.
 */
export async function saveSnapshot(player: LivePlayer, label: string): Promise<string> {
  const picture = await player.snapshot();
  const name = `${label.replace(/[^\p{L}\p{N}]+/gu, '-')}-${new Date().toISOString().replace(/[:.]/g, '-')}.jpg`;
  const link = document.createElement('a');
  link.href = URL.createObjectURL(picture);
  link.download = name;
  link.click();
  // The browser has to take hold of the address before it goes.
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
  return `Saved ${name}`;
}
