import type { RoomsError } from '@pinhole/client/rooms';

/** How this page is connected to its room. */
export type LinkState =
  | { readonly kind: 'connecting' }
  | { readonly kind: 'joined' }
  /** `nextAt`: of the next try, ms since 1970. */
  | {
      readonly kind: 'reconnecting';
      readonly reason: string;
      readonly nextAt: number;
      readonly tries: number;
    }
  /** Trying again is useless; `action` says what a person can do. */
  | { readonly kind: 'refused'; readonly reason: string; readonly action: string };

/** Refusals that the same again does not change. */
const FINAL = new Set(['rooms/token', 'rooms/replaced', 'rooms/bad-name', 'rooms/unsupported']);
/** Of the server's own refusals, those that pass by themselves. */
const PASSING = new Set(['rate-limited', 'too-many-rooms', 'too-many-members', 'too-many-cameras']);

/** Whether a person has to do something before this can come to anything. */
export const isFinal = ({ code, roomCode }: RoomsError): boolean =>
  FINAL.has(code) || (code === 'rooms/refused' && !PASSING.has(roomCode ?? ''));

/** What a person can do about a refusal, by the server's code for it or else by the client's. */
const ACTIONS: Readonly<Record<string, string>> = {
  'rooms/token': 'Sign out and open a new link.',
  unauthenticated: 'Sign out and open a new link.',
  forbidden:
    'Ask for a token with the right for it, “view” to watch and “publish” to be a camera; or choose a room that there is.',
  'rooms/bad-name': 'Choose another name: 1 to 64 characters that can be printed.',
  'bad-message': 'Choose another name: 1 to 64 characters that can be printed.',
  'rooms/replaced': 'Choose another camera id here, or end the other one.',
  'camera-id-taken': 'Choose another camera id here, or end the other one.',
  'rooms/unsupported': 'Use a browser that has WebRTC.',
};

/** What a person can do about a refusal. */
export const actionFor = ({ code, roomCode }: RoomsError): string =>
  ACTIONS[roomCode ?? code] ?? 'Choose another room, or load the page again.';

/** Capital first and a full stop last, as what programs say seldom has. */
export function sentence(words: string): string {
  const text = words.trim();
  const first = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?…]$/.test(first) ? first : `${first}.`;
}
