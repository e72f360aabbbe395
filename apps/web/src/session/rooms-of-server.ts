import { effect, signal } from '@preact/signals';
import { ApiError, ask } from './api.ts';
import { cameraList } from './cameras.ts';
import { token } from './token.ts';

/** The signaling rooms of this server, as its configuration has them. */
export interface RoomsOfServer {
  readonly mode: 'off' | 'compatible' | 'strict';
  /** The only rooms that there are; empty: any name. */
  readonly names: readonly string[];
}

/** Undefined until the server told. Kept up to date by `followRooms`. */
export const roomsOfServer = signal<RoomsOfServer | undefined>(undefined);

/**
 * Asks which rooms there are: when the server answers for the first time, again after it was away, and for another token.
 * @returns a function that ends it.
 */
export function followRooms(): () => void {
  let current = new AbortController();
  let askedWith: string | undefined;
  const stop = effect(() => {
    if (cameraList.value.kind !== 'known') {
      askedWith = undefined;
      return;
    }
    const secret = token.value ?? '';
    if (askedWith === secret) return;
    askedWith = secret;
    current.abort();
    current = new AbortController();
    const asked = current.signal;
    void look(asked).then((answered) => {
      // The list of cameras comes every few seconds, and this is asked with it.
      if (!answered && !asked.aborted) askedWith = undefined;
    });
  });
  return () => {
    stop();
    current.abort();
  };
}

/** @returns whether the server answered */
async function look(asked: AbortSignal): Promise<boolean> {
  try {
    const me = (await ask('me', { signal: asked })) as { readonly rooms: RoomsOfServer };
    roomsOfServer.value = me.rooms;
    return true;
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    return false;
  }
}
