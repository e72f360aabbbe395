const PREFIX = 'pinhole.rooms.';

/** What was chosen last under this name, in this browser; `fallback` where nothing was. */
export const remembered = (name: string, fallback: string): string =>
  localStorage.getItem(PREFIX + name) ?? fallback;

/** Keeps a choice for the next visit. */
export const remember = (name: string, value: string): void => localStorage.setItem(PREFIX + name, value);

const RECENT = 'recent';
const MOST_RECENT = 6;

/** Rooms that were entered here, the last one first. */
export function recentRooms(): readonly string[] {
  try {
    const kept: unknown = JSON.parse(remembered(RECENT, '[]'));
    return Array.isArray(kept) ? kept.filter((room): room is string => typeof room === 'string') : [];
  } catch {
    return []; // somebody else wrote there
  }
}

/** Puts a room first among those of before. */
export function rememberRoom(room: string): void {
  const others = recentRooms().filter((other) => other !== room);
  remember(RECENT, JSON.stringify([room, ...others].slice(0, MOST_RECENT)));
}
