import type { RoomsError } from '@pinhole/client/rooms';
import { sentence } from './link-state.ts';

/** How the viewing of one camera stands; whether its picture moves the picture itself knows. */
export type ViewState =
  | { readonly kind: 'waiting' }
  | { readonly kind: 'live' }
  /** It is asked for again by itself. */
  | { readonly kind: 'lost'; readonly reason: string }
  /** `why`: in the camera's word, or what else it was. */
  | { readonly kind: 'rejected'; readonly why: string; readonly reason: string }
  | { readonly kind: 'left' };

/** What cameras say when they refuse, for people. */
const REFUSALS: Readonly<Record<string, string>> = {
  stopped: 'Somebody stopped this camera. Its picture comes by itself when it is started again.',
  busy: 'As many watch this camera as it takes. Try again when somebody has left.',
  'no-stream': 'This camera has no picture yet. Try again in a moment.',
};

/** What became of a request. `said` is the camera's own word, where it said one. */
export function stateAfter(error: RoomsError, said: string | undefined): ViewState {
  const { code, roomCode, message } = error;
  if (code === 'rooms/stream-rejected') {
    const why = said ?? 'refused';
    return { kind: 'rejected', why, reason: REFUSALS[why] ?? sentence(message) };
  }
  if (code === 'rooms/camera-left' || code === 'rooms/camera-not-found') return { kind: 'left' };
  if (roomCode === 'camera-busy')
    return { kind: 'rejected', why: 'busy', reason: REFUSALS['busy'] ?? sentence(message) };
  if (code === 'rooms/timeout' || roomCode === 'request-timeout')
    return {
      kind: 'rejected',
      why: 'no answer',
      reason: 'The camera did not answer in time; it may be stopped.',
    };
  if (code === 'rooms/no-path')
    return {
      kind: 'rejected',
      why: 'no path',
      reason:
        'This browser and the camera found no way to each other. A TURN server helps where networks forbid direct ones.',
    };
  return { kind: 'rejected', why: roomCode ?? 'failed', reason: sentence(message) };
}
